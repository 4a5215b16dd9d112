/** How starting workers goes. Escalation: one worker fails and is tried again; several in a row, and nothing is started for a while; too many for too long, and the runtime gives up. */
export interface Starts {
  /** In a row, over all kinds of workers. */
  readonly failures: number;
  readonly firstFailureMs: number;
  readonly holdUntilMs: number;
  /** How often nothing was started for a while. */
  readonly holds: number;
}

export const NO_STARTS: Starts = { failures: 0, firstFailureMs: 0, holdUntilMs: 0, holds: 0 };

/** From here on nothing is started for a while after each failure. */
export const HOLD_AFTER = 3;
const HOLD_MS_MIN = 1000;
const HOLD_MS_MAX = 30_000;
/** So many in a row over so long: only a fresh process, container or machine can help. */
export const GIVE_UP_AFTER = 10;
export const GIVE_UP_MS = 60_000;

export type StartsVerdict = "fine" | "hold" | "give-up";

export function afterStart(starts: Starts, outcome: "ready" | "failed", nowMs: number): Starts {
  if (outcome === "ready") return NO_STARTS;
  const failures = starts.failures + 1;
  const firstFailureMs = starts.failures === 0 ? nowMs : starts.firstFailureMs;
  // Those that were started together fail together: that is one reason to hold, not several.
  if (failures < HOLD_AFTER || nowMs < starts.holdUntilMs) return { ...starts, failures, firstFailureMs };
  return { failures, firstFailureMs, holdUntilMs: nowMs + Math.min(HOLD_MS_MIN * 2 ** starts.holds, HOLD_MS_MAX), holds: starts.holds + 1 };
}

export function judgeStarts(starts: Starts, nowMs: number): StartsVerdict {
  if (starts.failures >= GIVE_UP_AFTER && nowMs - starts.firstFailureMs >= GIVE_UP_MS) return "give-up";
  return nowMs < starts.holdUntilMs ? "hold" : "fine";
}
