// attempt: the line that every attempt travels; run-attempt.ts is the page to read first.
// Owns: the order start -> end -> verdict -> policy -> settle -> tell. Never: decides any of them itself.
// In: leases of one type. Out: settled jobs and events.
export { createAttemptBoard, type AttemptBoard, type AttemptGuest, type BoardDeps, type RunningLog } from "./board.ts";
export { recoverUnfinished, type RecoverDeps } from "./recover.ts";
export { runAttempt, type AttemptDeps, type Line } from "./run-attempt.ts";
