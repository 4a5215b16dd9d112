import type { AttemptStart, RunningAttempt } from "../supervisor/ports.ts";
import type { RestartReason, ServiceRules } from "../model/index.ts";

/** Errors that are remembered of one start; older ones are only counted. */
const ERRORS_KEPT = 1000;

/** What is known of one start of a service while it runs. */
export interface LiveStart {
  readonly running: RunningAttempt;
  started: AttemptStart | null;
  updates: number;
  lastUpdateAtMs: number | null;
  note: string | null;
  data: string | null;
  errorsAtMs: number[];
  errorsTotal: number;
  lastError: { readonly text: string; readonly atMs: number } | null;
  /** Set once: the first who asks it to end says why. */
  ending: { readonly reason: RestartReason; readonly text: string; readonly wish: "restart" | "stop" } | null;
}

export function openStart(running: RunningAttempt): LiveStart {
  return { running, started: null, updates: 0, lastUpdateAtMs: null, note: null, data: null, errorsAtMs: [], errorsTotal: 0, lastError: null, ending: null };
}

export function noteError(live: LiveStart, text: string, atMs: number, rules: ServiceRules): void {
  const fromMs = atMs - (rules.errors?.withinMs ?? 600_000);
  live.errorsAtMs = [...live.errorsAtMs.filter((earlierMs) => earlierMs > fromMs), atMs].slice(-ERRORS_KEPT);
  live.errorsTotal += 1;
  live.lastError = { text, atMs };
}
