import type { CancelTimer, Clock } from "./clock.ts";

/** One timer for the earliest of many moments. */
export interface Alarm {
  /** Rings at this time, or before when something earlier was asked for. */
  at(dueMs: number): void;
  cancel(): void;
}

/** However far away the moment is, look again after a minute: the wall clock may have jumped, and another runtime may have added work. */
const LOOK_AGAIN_MS = 60_000;

export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let timer: CancelTimer | null = null;
  let setForMs = Number.POSITIVE_INFINITY;
  function cancel(): void {
    timer?.();
    timer = null;
    setForMs = Number.POSITIVE_INFINITY;
  }
  return {
    at(dueMs) {
      const nowMs = clock.nowMs();
      const wantedMs = Math.min(dueMs, nowMs + LOOK_AGAIN_MS);
      if (timer !== null && setForMs <= wantedMs) return;
      cancel();
      setForMs = wantedMs;
      timer = clock.after(Math.max(0, wantedMs - nowMs), () => {
        timer = null;
        setForMs = Number.POSITIVE_INFINITY;
        ring();
      });
    },
    cancel,
  };
}
