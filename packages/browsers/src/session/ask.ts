import { BrowserError } from "../errors.ts";
import { pause } from "../timing.ts";
import type { LiveBrowser } from "./live-browser.ts";
import { raceAbort } from "./race.ts";

/** How calls into a browser are awaited that may never be answered. */
export interface Asker {
  /** Rejects when the session or the browser ends; kills a browser that does not answer in time. `what` completes "it did not …". */
  ask<T>(live: LiveBrowser, work: Promise<T>, what: string): Promise<T>;
  /** The same without a limit of time: the caller's own work in a page. */
  follow<T>(live: LiveBrowser, work: Promise<T>): Promise<T>;
}

/** Between the break of the pipe and the exit of the process. */
const EXIT_PATIENCE_MS = 200;

export function createAsker(answerTimeoutMs: number, signal: AbortSignal): Asker {
  /** Playwright says "closed" for everything; the session knows why. */
  async function follow<T>(live: LiveBrowser, work: Promise<T>): Promise<T> {
    try {
      return await raceAbort(work, signal, live.over);
    } catch (error) {
      if (!live.browser.isConnected() && !signal.aborted) await pause(EXIT_PATIENCE_MS, live.over);
      if (signal.aborted) throw signal.reason;
      throw live.over.aborted && error !== live.over.reason ? new BrowserError("browser_died", live.over.reason.message, error) : error;
    }
  }

  async function ask<T>(live: LiveBrowser, work: Promise<T>, what: string): Promise<T> {
    const timer = setTimeout(() => void live.end("killed", `it did not ${what} within ${answerTimeoutMs} ms`), answerTimeoutMs);
    try {
      return await follow(live, work);
    } finally {
      clearTimeout(timer);
    }
  }

  return { ask, follow };
}
