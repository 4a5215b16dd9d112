import type { CancelTimer, Clock } from "../../src/platform/index.ts";

interface Timer {
  atMs: number;
  readonly order: number;
  readonly action: () => void;
  readonly everyMs: number | null;
}

/** A clock that goes only when it is told to. The wall clock can be made to jump; timers follow the time that really passed. */
export interface FakeClock extends Clock {
  /** Goes to the next timer and runs it; false when there is none. */
  step(): Promise<boolean>;
  /** Lets this much time pass, running every timer on the way. */
  pass(ms: number): Promise<void>;
  /** Changes the wall clock only. */
  jump(ms: number): void;
  timers(): number;
}

/** Promises settle in turns of the loop, not in time. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export function createFakeClock(startMs = 1_750_000_000_000): FakeClock {
  const timers = new Set<Timer>();
  let passedMs = 0;
  let wallMs = startMs;
  let order = 0;

  function add(delayMs: number, action: () => void, everyMs: number | null): CancelTimer {
    const timer: Timer = { atMs: passedMs + Math.max(0, delayMs), order: (order += 1), action, everyMs };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  function next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (first === undefined || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order)) first = timer;
    }
    return first;
  }

  function goTo(atMs: number): void {
    wallMs += atMs - passedMs;
    passedMs = atMs;
  }

  async function run(timer: Timer): Promise<void> {
    goTo(Math.max(passedMs, timer.atMs));
    if (timer.everyMs === null) timers.delete(timer);
    else timer.atMs += timer.everyMs;
    timer.action();
    await settle();
  }

  return {
    nowMs: () => wallMs,
    monotonicMs: () => passedMs,
    after: (delayMs, action) => add(delayMs, action, null),
    every: (intervalMs, action) => add(intervalMs, action, intervalMs),
    async step() {
      await settle();
      const timer = next();
      if (timer === undefined) return false;
      await run(timer);
      return true;
    },
    async pass(ms) {
      const untilMs = passedMs + ms;
      await settle();
      for (let timer = next(); timer !== undefined && timer.atMs <= untilMs; timer = next()) await run(timer);
      goTo(untilMs);
    },
    jump(ms) {
      wallMs += ms;
    },
    timers: () => timers.size,
  };
}
