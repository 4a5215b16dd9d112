import type { Cause } from "../model/index.ts";

/** What dashboards and alerts tell apart; the seventeen causes are in the death counter and in every record. */
export const OUTCOMES = ["succeeded", "failed", "timeout", "oom", "limit", "signal", "crashed", "lost", "cancelled"] as const;
export type Outcome = (typeof OUTCOMES)[number];

const BY_CAUSE: Readonly<Record<Cause, Outcome>> = {
  succeeded: "succeeded",
  failed: "failed",
  exited: "failed",
  "lock-contention": "failed",
  "resource-exhausted": "failed",
  "over-time": "timeout",
  stalled: "timeout",
  blocked: "timeout",
  "out-of-heap": "oom",
  "over-memory": "oom",
  "oom-killed": "oom",
  "over-pids": "limit",
  "over-output": "limit",
  killed: "signal",
  crashed: "crashed",
  lost: "lost",
  cancelled: "cancelled",
};

export function outcomeOf(cause: Cause): Outcome {
  return BY_CAUSE[cause];
}
