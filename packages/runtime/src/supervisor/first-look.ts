import type { Clock } from "../platform/index.ts";
import type { AttemptItem } from "./attempt-item.ts";

/** An attempt that is younger than this is not looked at: most of them never need a watch. */
export const FIRST_LOOK_MS = 25;

/** One timer for all that a worker runs: opens the watch of whatever runs when it is old enough. */
export interface FirstLook {
  /** The worker has begun an attempt. */
  begun(): void;
}

export function createFirstLook(clock: Clock, current: () => AttemptItem | undefined, open: (item: AttemptItem) => void): FirstLook {
  let isPlanned = false;

  function plan(delayMs: number): void {
    isPlanned = true;
    clock.after(delayMs, ring);
  }

  function ring(): void {
    isPlanned = false;
    const item = current();
    if (item === undefined || item.startedAtMs === 0 || item.watch !== null) return;
    const ageMs = clock.monotonicMs() - item.startedMonotonicMs;
    if (ageMs < FIRST_LOOK_MS) plan(FIRST_LOOK_MS - ageMs);
    else open(item);
  }

  return {
    begun() {
      if (!isPlanned) plan(FIRST_LOOK_MS);
    },
  };
}
