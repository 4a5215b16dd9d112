import type { EndedTree } from "../process/end-tree.ts";
import type { EventLog } from "./events.ts";
import { keepBrowser, takeKept } from "./kept-browser.ts";
import { launchBrowser, type LiveBrowser } from "./live-browser.ts";
import type { Settings } from "./options.ts";

/** The browsers of one session: one that gets new contexts, and retired ones that end with their last context. */
export interface BrowserSupply {
  /** The browser for one more context, started if need be. Counted at once: several callers at the same time share it. `release` gives it back. */
  acquire(): Promise<LiveBrowser>;
  release(live: LiveBrowser): void;
  /** Starts the first one, so that a session that was opened has a browser. */
  start(): Promise<void>;
  /** Begins the end of all, in this moment. */
  cut(how: "closed" | "killed", detail: string): void;
  /** Waits until all are gone, those included that are being started, but for the one that may be kept; the caller aborts the session's signal in the same turn. */
  gone(mayKeep: boolean): Promise<{ readonly ended: readonly EndedTree[]; readonly kept: string | null }>;
  processes(): readonly number[];
}

export function createSupply(settings: Settings, executablePath: string, events: EventLog, signal: AbortSignal): BrowserSupply {
  const browsers = new Set<LiveBrowser>();
  let current: LiveBrowser | null = null;
  let launching: Promise<void> | null = null;

  async function acquire(): Promise<LiveBrowser> {
    signal.throwIfAborted();
    if (current !== null) retireIfWorn(current);
    if (current?.isUsable() === true) {
      current.contexts += 1;
      return current;
    }
    await start();
    // The session may have ended meanwhile, or the browser: look again.
    return acquire();
  }

  function start(): Promise<void> {
    launching ??= launch().finally(() => {
      launching = null;
    });
    return launching;
  }

  async function launch(): Promise<void> {
    const live = (await takeKept(settings, executablePath, events, signal)) ?? (await launchBrowser(settings, executablePath, events, signal));
    browsers.add(live);
    // What could not be ended is told by gone().
    void live.gone.then(
      ({ survivors }) => survivors.length === 0 && browsers.delete(live),
      () => undefined,
    );
    current = live;
    // Aborted between its last look and this line: nobody else would end it.
    if (signal.aborted) void live.end("killed", "the session was cut");
  }

  function retireIfWorn(live: LiveBrowser): void {
    const reason = live.isUsable() ? live.wornOut() : null;
    if (reason !== null) live.retire(reason);
    if (live.contexts === 0 && !live.isUsable()) void live.end("closed", "retired");
  }

  /** In this turn, so that the end of the session does not reach it. */
  function keepCurrent(): string | null {
    if (current === null || !current.isUsable() || current.wornOut() !== null) return null;
    if (!keepBrowser(current, settings, executablePath)) return null;
    browsers.delete(current);
    return current.id;
  }

  return {
    acquire,
    start,
    release(live) {
      live.contexts -= 1;
      retireIfWorn(live);
    },
    cut(how, detail) {
      for (const live of browsers) void live.end(how, detail);
    },
    async gone(mayKeep) {
      const kept = mayKeep ? keepCurrent() : null;
      const ending = new Set(browsers);
      await launching?.catch(() => undefined);
      const ended = await Promise.all([...new Set([...ending, ...browsers])].map((live) => live.end("closed", "the session was closed")));
      return { ended, kept };
    },
    processes: () => [...browsers].flatMap((live) => live.processes()),
  };
}
