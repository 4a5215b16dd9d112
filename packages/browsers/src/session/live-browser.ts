import type { Browser } from "playwright-core";
import { BrowserError, textOf } from "../errors.ts";
import { chromiumArguments } from "../process/arguments.ts";
import { startBrowserProcess, type BrowserProcess } from "../process/browser-process.ts";
import type { EndedTree } from "../process/end-tree.ts";
import { readOwnBytes, readPssBytes } from "../process/proc.ts";
import { NO_WALL, probeWall } from "../process/wall.ts";
import type { EventLog } from "./events.ts";
import type { Settings } from "./options.ts";
import { raceAbort } from "./race.ts";
import { retireReason, type RetireRules } from "./retirement.ts";
import { within } from "../timing.ts";

/** A Chromium that answers, and what is known of its use. */
export interface LiveBrowser {
  readonly id: string;
  /** Of its outermost process. */
  readonly pid: number;
  readonly browser: Browser;
  /** Aborted, with the reason, from the moment it can no longer be used: it died, or is being ended. */
  readonly over: AbortSignal;
  /** Contexts that are open or being opened. */
  contexts: number;
  /** Pages it has had. */
  pages: number;
  /** It gets no new contexts; it ends when its last one is closed. */
  retire(reason: string): void;
  /** Whether it should be retired now; looks at its memory when that is due. */
  wornOut(): string | null;
  isUsable(): boolean;
  /** Whether nothing is open in it, also nothing that was opened around the session. */
  isIdle(): boolean;
  /** From now on it works for the session with this log and these rules; null: for none, and does not keep its owner's event loop alive. */
  workFor(session: { readonly events: EventLog; readonly retire: RetireRules } | null): void;
  /** Whether it answers a question within the time. */
  answers(timeoutMs: number): Promise<boolean>;
  /** Pids of its living processes. */
  processes(): readonly number[];
  /** Ends it now. The same promise each time; never rejects. */
  end(how: "closed" | "killed", detail: string): Promise<EndedTree>;
  readonly gone: Promise<EndedTree>;
}

const MEMORY_LOOK_MS = 1000;

/** Starts a Chromium and waits for its first answer. Whatever ends the wait, what was started is ended before this rejects. */
export async function launchBrowser(settings: Settings, executablePath: string, events: EventLog, signal: AbortSignal): Promise<LiveBrowser> {
  const wall = settings.wall === "none" ? NO_WALL : await probeWall();
  signal.throwIfAborted();
  const startMs = performance.now();
  const started = startBrowserProcess({
    executablePath,
    scratch: settings.scratch,
    wall,
    arguments: (directory) => chromiumArguments({ directory, threads: settings.threads, sandbox: settings.sandbox, blocked: settings.block, extra: settings.args }),
    onPlanned: (id) => events.emit("browser-planned", id, id),
  });
  try {
    events.emit("browser-created", started.id, started.id, `pid ${started.pid ?? "none"}`);
    const browser = await firstAnswer(started, settings.answerTimeoutMs, signal);
    events.emit("browser-ready", started.id, started.id, `${Math.round(performance.now() - startMs)} ms`);
    signal.throwIfAborted();
    return createLive(started, browser, settings, events);
  } catch (error) {
    const failure = signal.aborted ? signal.reason : error;
    await started.end();
    events.emit("browser-killed", started.id, started.id, textOf(failure));
    throw failure;
  }
}

async function firstAnswer(started: BrowserProcess, timeoutMs: number, signal: AbortSignal): Promise<Browser> {
  const { transport, exited } = started;
  const failed = new AbortController();
  const fail = (what: string): void => failed.abort(new BrowserError("launch_failed", `Chromium did not come up: ${what}.${lastWords(started)}`));
  const timer = setTimeout(() => fail(`it did not answer within ${timeoutMs} ms`), timeoutMs);
  void exited.then(fail);
  try {
    return await raceAbort(connect(transport, started.artifacts), signal, failed.signal);
  } catch (error) {
    // Its pipe breaks a moment before its exit is known: the exit says more.
    if (!signal.aborted && !failed.signal.aborted && started.pid !== null) await started.end().then(() => exited.then(fail));
    throw failed.signal.aborted && !signal.aborted ? failed.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Playwright is loaded while Chromium starts. */
async function connect(transport: BrowserProcess["transport"], artifactsDir: string): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  // Never answers; `exited` says why.
  if (transport === null) return new Promise(() => undefined);
  return chromium.connectOverCDP(transport, { isLocal: true, noDefaults: true, artifactsDir, timeout: 0 });
}

function createLive(started: BrowserProcess, browser: Browser, settings: Settings, firstEvents: EventLog): LiveBrowser {
  const { id } = started;
  let events = firstEvents;
  let { retire } = settings;
  // Playwright shows Chromium's own default context; it is nobody's.
  const contextsOfItsOwn = browser.contexts().length;
  const bornMs = performance.now();
  const over = new AbortController();
  const gone = Promise.withResolvers<EndedTree>();
  gone.promise.catch(() => undefined);
  let state: "live" | "retiring" | "ending" = "live";
  let pssBytes = 0;
  let lookedAtMs = bornMs;

  function end(how: "closed" | "killed" | "died", detail: string): Promise<EndedTree> {
    if (state === "ending") return gone.promise;
    state = "ending";
    over.abort(
      how === "closed"
        ? new BrowserError("session_closed", `the browser is closed: ${detail}`)
        : new BrowserError("browser_died", `the browser ${how === "died" ? "died" : "was killed"}: ${detail}.${how === "died" ? lastWords(started) : ""}`),
    );
    void started.end().then((ended) => {
      events.emit(how === "died" ? "browser-died" : how === "killed" ? "browser-killed" : "browser-closed", id, id, detail);
      gone.resolve(ended);
    }, gone.reject);
    return gone.promise;
  }

  function lookAtMemory(): void {
    if (retire.pssBytesMax === Number.POSITIVE_INFINITY || performance.now() - lookedAtMs < MEMORY_LOOK_MS) return;
    lookedAtMs = performance.now();
    const pids = started.census.members().map(({ pid }) => pid);
    // PSS costs some 4 ms for each process: only when the cheap sum is near.
    const ownBytes = pids.reduce((sum, pid) => sum + readOwnBytes(pid), 0);
    pssBytes = ownBytes > retire.pssBytesMax / 2 ? pids.reduce((sum, pid) => sum + readPssBytes(pid), 0) : ownBytes;
  }

  void started.exited.then((how) => end("died", how));
  const live: LiveBrowser = {
    id,
    pid: started.pid ?? 0,
    browser,
    over: over.signal,
    contexts: 0,
    pages: 0,
    retire(reason) {
      if (state !== "live") return;
      state = "retiring";
      events.emit("browser-retired", id, id, reason);
    },
    wornOut() {
      lookAtMemory();
      return retireReason({ pages: live.pages, ageMs: performance.now() - bornMs, pssBytes }, retire);
    },
    isUsable: () => state === "live",
    isIdle() {
      const contexts = browser.contexts();
      return live.contexts === 0 && contexts.length <= contextsOfItsOwn && contexts.every((context) => context.pages().length === 0);
    },
    workFor(session) {
      started.hold(session !== null);
      if (session === null) return;
      ({ events, retire } = session);
    },
    async answers(timeoutMs) {
      const asked = askVersion(browser).then(
        () => state === "live",
        () => false,
      );
      return (await within(asked, timeoutMs)) === "done" && asked;
    },
    processes: () => started.census.members().map(({ pid }) => pid),
    end,
    gone: gone.promise,
  };
  return live;
}

async function askVersion(browser: Browser): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  await session.send("Browser.getVersion");
  await session.detach();
}

function lastWords(started: BrowserProcess): string {
  const tail = started.logTail();
  return tail === "" ? "" : ` Its last lines:\n${tail}`;
}
