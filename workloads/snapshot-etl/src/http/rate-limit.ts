import { Refusal } from "../errors.ts";
import type { AppContext } from "./types.ts";

const WINDOW_MS = 60_000;
const CALLERS_MAX = 10_000;

interface Window {
  readonly startMs: number;
  used: number;
}

export interface RateLimit {
  /** Counts one request of the caller and says in headers how many are left. @throws Refusal `RATE_LIMITED` */
  take(context: AppContext, caller: string): void;
}

/** At most so many requests of one caller a minute, in fixed windows that begin with its first one. @param perMinute 0 lifts the limit */
export function createRateLimit(perMinute: number, nowMs: () => number): RateLimit {
  const windows = new Map<string, Window>();

  function windowOf(caller: string): Window {
    const now = nowMs();
    const known = windows.get(caller);
    if (known !== undefined && now - known.startMs < WINDOW_MS) return known;
    if (windows.size >= CALLERS_MAX) for (const [each, { startMs }] of windows) if (now - startMs >= WINDOW_MS) windows.delete(each);
    const fresh = { startMs: now, used: 0 };
    windows.set(caller, fresh);
    return fresh;
  }

  return {
    take(context, caller) {
      if (perMinute === 0) return;
      const window = windowOf(caller);
      window.used += 1;
      const resetSeconds = Math.max(1, Math.ceil((window.startMs + WINDOW_MS - nowMs()) / 1000));
      context.header("x-ratelimit-limit", String(perMinute));
      context.header("x-ratelimit-remaining", String(Math.max(0, perMinute - window.used)));
      context.header("x-ratelimit-reset", String(resetSeconds));
      if (window.used > perMinute) throw new Refusal("RATE_LIMITED", `at most ${perMinute} requests a minute`, { retryAfterSeconds: resetSeconds });
    },
  };
}
