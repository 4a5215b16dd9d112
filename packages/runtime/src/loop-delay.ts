import type { Clock } from "./platform/index.ts";

const INTERVAL_MS = 500;
const KEPT = 120;

/** How late the main loop's own timer was, at worst, in the last minute. One timer, no histogram: it costs nothing. */
export function measureLoopDelay(clock: Clock): { maxMs(): number; stop(): void } {
  const delays: number[] = [];
  let dueAtMs = clock.monotonicMs() + INTERVAL_MS;
  const stop = clock.every(
    INTERVAL_MS,
    () => {
      const nowMs = clock.monotonicMs();
      delays.push(Math.max(0, nowMs - dueAtMs));
      if (delays.length > KEPT) delays.shift();
      dueAtMs = nowMs + INTERVAL_MS;
    },
    { keepAlive: false },
  );
  return { maxMs: () => Math.round(Math.max(0, ...delays)), stop };
}
