// Rules over what happened lately. Plain values in, plain values out.

export interface Moment {
  readonly type: string;
  readonly atMs: number;
  readonly failed: boolean;
}

export const FAILURE_WINDOW_MS = 5 * 60_000;
export const FAILURE_SHARE_MAX = 0.01;
export const RESTART_WINDOW_MS = 10 * 60_000;
export const RESTARTS_MAX = 3;
export const BREAKER_JOBS = 20;
export const BREAKER_SHARE_MAX = 0.5;

/** Failed of all in the last five minutes, 0 to 1; 0 when nothing ended. */
export function failureShare(moments: readonly Moment[], nowMs: number): number {
  const recent = moments.filter(({ atMs }) => nowMs - atMs <= FAILURE_WINDOW_MS);
  return recent.length === 0 ? 0 : recent.filter(({ failed }) => failed).length / recent.length;
}

export function restartsLately(restartsMs: readonly number[], nowMs: number): number {
  return restartsMs.filter((atMs) => nowMs - atMs <= RESTART_WINDOW_MS).length;
}

/** Whether a type must be paused: more than half of its last twenty jobs failed. */
export function breaks(last: readonly boolean[]): boolean {
  const window = last.slice(-BREAKER_JOBS);
  return window.length >= BREAKER_JOBS && window.filter(Boolean).length / window.length > BREAKER_SHARE_MAX;
}

export const BACKFILL_WINDOW = 200;
export const BACKFILL_SHARE_MAX = 0.01;

/** Whether a backfill must pause: more than 1 % of the last 200 failed, which is three of them. */
export function backfillFails(failedOfLast: number): boolean {
  return failedOfLast / BACKFILL_WINDOW > BACKFILL_SHARE_MAX;
}
