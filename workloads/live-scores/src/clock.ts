/** What is measured goes by a clock that nobody can set, what is written down by the time of day. */
export interface Clock {
  /** Never jumps; only differences mean something. */
  nowMs(): number;
  /** The time of day, RFC 3339. */
  at(): string;
  /** A time of day on the clock that never jumps, and the other way round; both as the time of day is set now. */
  momentOf(timeOfDayMs: number): number;
  timeOfDayOf(momentMs: number): number;
}

export function createClock(timeOfDayMs: () => number = Date.now, nowMs: () => number = () => performance.now()): Clock {
  return {
    nowMs,
    at: () => new Date(timeOfDayMs()).toISOString(),
    momentOf: (timeMs) => timeMs - timeOfDayMs() + nowMs(),
    timeOfDayOf: (momentMs) => momentMs - nowMs() + timeOfDayMs(),
  };
}
