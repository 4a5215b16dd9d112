// supervisor: runs attempts in supervised process trees.
// Owns: starting processes, the stop ladder, the worker pool. Never: names a cause, knows the queue.
// In: leases and job types. Out: evidence.
export { createAttemptWorker } from "./attempt-worker.ts";
export { startCommand, type CommandRequest, type RunningCommand } from "./command-attempt.ts";
export { createCrew, type CrewOptions } from "./crew.ts";
export { readLogTail, readTail } from "./evidence.ts";
export * from "./ports.ts";
export { runQueuedCommand, type QueuedCommandOptions } from "./queued-command.ts";
export { createRegistrar, type Registrar, type RegistrarOptions } from "./registrar.ts";
export { sweepSnapshots } from "./snapshot-shelf.ts";
export type { AttemptWorker, AttemptWorkerOptions } from "./worker-contract.ts";
export { openYard, type Yard } from "./yard.ts";
