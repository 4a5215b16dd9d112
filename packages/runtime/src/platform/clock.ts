/** Cancels a timer; calling it again does nothing. */
export type CancelTimer = () => void;

/** The only way to time and timers. Tests bring their own. */
export interface Clock {
  /** Unix milliseconds. */
  nowMs(): number;
  /** Milliseconds of a clock that never jumps; only differences mean anything. */
  monotonicMs(): number;
  /** Runs once after the delay. `keepAlive: false` lets the process exit meanwhile. */
  after(delayMs: number, action: () => void, options?: { readonly keepAlive?: boolean }): CancelTimer;
  every(intervalMs: number, action: () => void, options?: { readonly keepAlive?: boolean }): CancelTimer;
}

const TIMER_MS_MAX = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, action, options) {
    const timer = setTimeout(action, Math.min(Math.max(0, delayMs), TIMER_MS_MAX));
    if (options?.keepAlive === false) timer.unref();
    return () => clearTimeout(timer);
  },
  every(intervalMs, action, options) {
    const timer = setInterval(action, intervalMs);
    if (options?.keepAlive === false) timer.unref();
    return () => clearInterval(timer);
  },
};

/** Resolves after the delay, by the given clock, or when the signal is aborted. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(signal?.aborted === true ? 0 : delayMs, done);
    signal?.addEventListener("abort", done);
    function done(): void {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    }
  });
}
