/** What tells the time; replaced in tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: Date.now };

export function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
