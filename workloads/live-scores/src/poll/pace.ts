/** Seconds before the next tick after 1, 2, 3 … failed ones; the last holds for good. */
const BACKOFF_SECONDS = [1, 2, 4, 8, 16] as const;
const JITTER = 0.3;

export interface Pace {
  readonly intervalMs: number;
  /** Failed ticks in a row. */
  readonly failures: number;
  readonly startedMs: number;
  readonly nowMs: number;
  /** Chance, 0 <= x < 1. */
  readonly fraction: number;
}

/** How long to wait before the next tick. Ticks are counted from start to start, and a slow one is followed by one, not by those that it held up. Pure. */
export function waitMs({ intervalMs, failures, startedMs, nowMs, fraction }: Pace): number {
  if (failures === 0) return Math.max(0, startedMs + intervalMs - nowMs);
  const seconds = BACKOFF_SECONDS[Math.min(failures, BACKOFF_SECONDS.length) - 1] ?? 16;
  return Math.round(seconds * 1000 * (1 - JITTER + 2 * JITTER * fraction));
}
