import { setTimeout as pause } from "node:timers/promises";

export interface PaceLimits {
  readonly startMs: number;
  readonly maxMs: number;
}

/**
 * The pause after an answer: half of the last pause and the answer's time, at least that time, within the limits.
 * An answer that was an error never makes us faster.
 */
export function nextDelayMs(lastMs: number, answer: { readonly tookMs: number; readonly ok: boolean }, floorMs: number, maxMs: number): number {
  const follows = Math.max(answer.tookMs, (lastMs + answer.tookMs) / 2);
  const wanted = answer.ok ? follows : Math.max(lastMs, follows);
  return Math.min(Math.max(wanted, floorMs), maxMs);
}

interface HostPace {
  delayMs: number;
  readyAtMs: number;
  floorMs: number;
  /** The end of the request before: one at a time. */
  last: Promise<unknown>;
}

/** One request at a time per host, and a pause between two. */
export interface Pace {
  /** What the host itself asks for, in seconds. */
  atLeast(host: string, seconds: number): void;
  run<Result>(host: string, signal: AbortSignal, request: () => Promise<Result>): Promise<Result>;
}

const TICK_MS = 1000;

/** `onWait` is called about once a second while a pause is on: waiting is what is meant to happen. */
export function createPace({ startMs, maxMs }: PaceLimits, onWait: () => void): Pace {
  const hosts = new Map<string, HostPace>();
  const paceOf = (host: string): HostPace => {
    const known = hosts.get(host);
    if (known !== undefined) return known;
    const fresh = { delayMs: Math.min(startMs, maxMs), readyAtMs: 0, floorMs: Math.min(startMs, maxMs), last: Promise.resolve() };
    hosts.set(host, fresh);
    return fresh;
  };

  async function inTurn<Result>(pace: HostPace, signal: AbortSignal, request: () => Promise<Result>): Promise<Result> {
    for (let leftMs = pace.readyAtMs - performance.now(); leftMs > 0; leftMs = pace.readyAtMs - performance.now()) {
      onWait();
      await pause(Math.min(leftMs, TICK_MS), undefined, { signal });
    }
    const beganMs = performance.now();
    let ok = false;
    try {
      const result = await request();
      ok = true;
      return result;
    } finally {
      const endedMs = performance.now();
      pace.delayMs = nextDelayMs(pace.delayMs, { tookMs: endedMs - beganMs, ok }, pace.floorMs, maxMs);
      pace.readyAtMs = endedMs + pace.delayMs;
    }
  }

  return {
    atLeast(host, seconds) {
      const pace = paceOf(host);
      pace.floorMs = Math.min(Math.max(pace.floorMs, seconds * 1000), maxMs);
      pace.delayMs = Math.max(pace.delayMs, pace.floorMs);
      pace.readyAtMs = Math.max(pace.readyAtMs, performance.now() + pace.delayMs);
    },
    run(host, signal, request) {
      const pace = paceOf(host);
      const turn = pace.last.then(() => inTurn(pace, signal, request));
      pace.last = turn.catch(() => undefined);
      return turn;
    },
  };
}
