/** Every way an attempt can end. Exactly one of these is named in every verdict; docs/verdicts.md has one section for each. */
export const CAUSES = [
  "succeeded",
  "failed",
  "exited",
  "out-of-heap",
  "over-memory",
  "oom-killed",
  "over-pids",
  "resource-exhausted",
  "over-time",
  "stalled",
  "blocked",
  "over-output",
  "crashed",
  "killed",
  "lock-contention",
  "lost",
  "cancelled",
] as const;

export type Cause = (typeof CAUSES)[number];

/**
 * How the queue counts an end.
 * - `success`: nothing more to do.
 * - `error`: the program itself said no; counted against `retry.attempts`.
 * - `death`: the program did not get to say anything; counted against `retry.deaths` (the poison cap).
 * - `none`: somebody wanted it to end.
 */
export type CauseFamily = "success" | "error" | "death" | "none";

const FAMILIES: Readonly<Record<Cause, CauseFamily>> = {
  succeeded: "success",
  failed: "error",
  exited: "error",
  "lock-contention": "error",
  "resource-exhausted": "error",
  "out-of-heap": "death",
  "over-memory": "death",
  "oom-killed": "death",
  "over-pids": "death",
  "over-time": "death",
  stalled: "death",
  blocked: "death",
  "over-output": "death",
  crashed: "death",
  killed: "death",
  lost: "death",
  cancelled: "none",
};

export function familyOf(cause: Cause): CauseFamily {
  return FAMILIES[cause];
}

export function isCause(value: unknown): value is Cause {
  return typeof value === "string" && (CAUSES as readonly string[]).includes(value);
}
