import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { BrowserError } from "../errors.ts";
import { findChromium } from "../find/find-chromium.ts";
import type { EndedTree } from "../process/end-tree.ts";
import { sweepBrowsers } from "../process/sweep.ts";
import { pause, within } from "../timing.ts";
import { callSite } from "./call-site.ts";
import { createEventLog, type BrowserCounts } from "./events.ts";
import { createHoldings, type BrowserLeak, type Holding } from "./holdings.ts";
import { launchBrowser, type LiveBrowser } from "./live-browser.ts";
import { resolveSettings, type BrowserJob, type BrowserOptions } from "./options.ts";
import { raceAbort } from "./race.ts";
import { blockMedia, watchPage } from "./watch-page.ts";

/** Browser work that leaves nothing behind. One Chromium at a time, replaced when it is worn out; every context is a fresh one. */
export interface BrowserSession extends AsyncDisposable {
  /** Aborted when the session cannot be used any more: by the job, by the deadline, by `close()`. */
  readonly signal: AbortSignal;
  /**
   * A fresh context; the caller closes it.
   * @throws BrowserError `browser_died`, `launch_failed`, `session_closed`, or the reason of an aborted signal.
   */
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** A page in a fresh context of its own, which is closed with the page. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  /**
   * Runs the function with a page in a fresh context and closes both, whatever happens. Rejects at once when the session ends, also when
   * a call into the page never settles.
   * @example const title = await session.withPage(async (page) => { await page.goto(url); return page.title(); });
   */
  withPage<T>(use: (page: Page) => Promise<T>, options?: BrowserContextOptions): Promise<T>;
  /** What is open now and would be a leak at the end. */
  leaks(): readonly BrowserLeak[];
  counts(): BrowserCounts;
  /** Pids of the living processes of all browsers of this session. Looks into /proc. */
  processes(): readonly number[];
  /**
   * Closes what is open (bounded), ends every process and proves it by census, removes the directories. The same promise each time.
   * @throws BrowserError `not_gone`; `leaked` with `leaks: "throw"`.
   */
  close(): Promise<CloseReport>;
}

export interface CloseReport {
  /** Contexts and pages that were still open; empty when the session was cut by its signal. */
  readonly leaks: readonly BrowserLeak[];
  /** Processes that were ended at the end of the session; those of browsers retired earlier are not counted. */
  readonly processes: number;
  /** Ended, but not waited for by this machine's PID 1 (`docker run --init` helps). Always 0 with a PID namespace. */
  readonly zombies: number;
  readonly tookMs: number;
}

const swept = new Set<string>();

/**
 * Opens a browser session for a job. Nothing that it starts outlives it: not when the job is aborted during the launch, not when Chromium hangs or
 * is frozen, not when a page never closes.
 * @throws BrowserError `invalid_option`, `chromium_not_found`, `launch_failed`; or the reason of an aborted signal.
 * @example
 * await using session = await openBrowser(job, { block: ["image", "font", "media"] });
 * const title = await session.withPage(async (page) => { await page.goto(job.input.url); return page.title(); });
 */
export async function openBrowser(job: BrowserJob, options: BrowserOptions = {}): Promise<BrowserSession> {
  const settings = resolveSettings(job, options);
  const closing = new AbortController();
  const signal = AbortSignal.any([...settings.signals, closing.signal]);
  signal.throwIfAborted();
  const events = createEventLog(settings.onEvent);
  const chromium = await findChromium({ signal, ...(settings.executablePath === null ? {} : { executablePath: settings.executablePath }) });
  if (!swept.has(settings.scratch)) {
    swept.add(settings.scratch);
    await sweepBrowsers(settings.scratch);
  }

  const browsers = new Set<LiveBrowser>();
  let current: LiveBrowser | null = null;
  let launching: Promise<LiveBrowser> | null = null;
  let closed: Promise<CloseReport> | null = null;
  const holdings = createHoldings({
    events,
    onPage: (page, holding) => watchPage(page, holding.pages.get(page)?.id ?? holding.id, holding.live.id, settings, events),
    onReleased: (live) => {
      live.contexts -= 1;
      endIfIdle(live);
    },
  });

  function endIfIdle(live: LiveBrowser): void {
    const reason = live.isUsable() ? live.wornOut() : null;
    if (reason !== null) live.retire(reason);
    if (live.contexts === 0 && !live.isUsable()) void live.end("closed", "retired");
  }

  /** The browser for one more context. Counted at once: several callers at the same time share it. */
  async function acquire(): Promise<LiveBrowser> {
    signal.throwIfAborted();
    const worn = current?.isUsable() === true ? current.wornOut() : null;
    if (worn !== null && current !== null) {
      current.retire(worn);
      endIfIdle(current);
    }
    if (current?.isUsable() !== true) {
      launching ??= launch().finally(() => {
        launching = null;
      });
      await launching;
      // The session may have ended meanwhile, the browser died: look again.
      return acquire();
    }
    current.contexts += 1;
    return current;
  }

  async function launch(): Promise<LiveBrowser> {
    const live = await launchBrowser(settings, chromium.path, events, signal);
    browsers.add(live);
    // What could not be ended is told by close().
    void live.gone.then(
      ({ survivors }) => survivors.length === 0 && browsers.delete(live),
      () => undefined,
    );
    current = live;
    // Aborted between its last look and this line: nobody else would end it.
    if (signal.aborted) void live.end("killed", "the session was cut");
    return live;
  }

  /** A call into the browser that may never be answered. */
  async function ask<T>(live: LiveBrowser, work: Promise<T>, what: string): Promise<T> {
    const timer = setTimeout(() => void live.end("killed", `it did not ${what} within ${settings.answerTimeoutMs} ms`), settings.answerTimeoutMs);
    try {
      return await explain(live, raceAbort(work, AbortSignal.any([signal, live.over])));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Playwright says "closed" for everything; the session knows why. */
  async function explain<T>(live: LiveBrowser, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      // The pipe breaks a moment before the exit is known.
      if (!live.browser.isConnected() && !signal.aborted) await pause(200, live.over);
      if (signal.aborted) throw signal.reason;
      throw live.over.aborted && error !== live.over.reason ? new BrowserError("browser_died", live.over.reason.message, error) : error;
    }
  }

  async function openContext(options: BrowserContextOptions, openedAt: string, isForOnePage: boolean): Promise<Holding> {
    const live = await acquire();
    const acceptDownloads = options.acceptDownloads ?? settings.downloads === "keep";
    try {
      const context = await ask(live, live.browser.newContext({ ...options, acceptDownloads }), "open a context");
      return holdings.add(context, live, openedAt, isForOnePage);
    } catch (error) {
      live.contexts -= 1;
      endIfIdle(live);
      throw error;
    }
  }

  /** The page with everything that the options ask for, before the caller sees it. */
  async function openPage(holding: Holding, open: () => Promise<Page>, openedAt: string): Promise<Page> {
    holding.opening = openedAt;
    const opened = open();
    const page = await ask(holding.live, opened, "open a page");
    if (settings.block.includes("media")) await ask(holding.live, blockMedia(page), "block media");
    return page;
  }

  async function newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const holding = await openContext(options, callSite(), false);
    const { context } = holding;
    const open = context.newPage.bind(context);
    context.newPage = () => openPage(holding, open, callSite());
    return context;
  }

  async function openSinglePage(options: BrowserContextOptions, openedAt: string): Promise<{ readonly page: Page; readonly holding: Holding }> {
    const holding = await openContext(options, openedAt, true);
    try {
      return { page: await openPage(holding, () => holding.context.newPage(), openedAt), holding };
    } catch (error) {
      await holdings.close(holding, settings.closeTimeoutMs);
      throw error;
    }
  }

  async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
    const { page, holding } = await openSinglePage(options, callSite());
    page.once("close", () => void holdings.close(holding, settings.closeTimeoutMs));
    return page;
  }

  async function withPage<T>(use: (page: Page) => Promise<T>, options: BrowserContextOptions = {}): Promise<T> {
    const { page, holding } = await openSinglePage(options, callSite());
    try {
      return await explain(holding.live, raceAbort(use(page), AbortSignal.any([signal, holding.live.over])));
    } finally {
      await holdings.close(holding, settings.closeTimeoutMs);
    }
  }

  async function closeAll(): Promise<CloseReport> {
    const startMs = performance.now();
    const leaks = signal.aborted ? [] : holdings.leaks();
    for (const leak of leaks) events.emit(leak.kind === "page" ? "page-leaked" : "context-leaked", "", leak.id, leak.openedAt);
    if (!signal.aborted) await within(Promise.all(holdings.all().map((holding) => holdings.close(holding, settings.closeTimeoutMs))), settings.closeTimeoutMs);
    const open = new Set(browsers);
    closing.abort(new BrowserError("session_closed", "the browser session is closed"));
    await launching?.catch(() => undefined);
    const ended = await Promise.all([...new Set([...open, ...browsers])].map((live) => live.end("closed", "the session was closed")));
    return report(ended, leaks, performance.now() - startMs);
  }

  function report(ended: readonly EndedTree[], leaks: readonly BrowserLeak[], tookMs: number): CloseReport {
    const survivors = ended.flatMap((each) => each.survivors);
    if (survivors.length > 0) {
      throw new BrowserError(
        "not_gone",
        `${survivors.length} processes of the browser are still there after SIGKILL: ${survivors.map(({ pid, name, state }) => `${pid} ${name} (${state})`).join(", ")}`,
      );
    }
    if (leaks.length > 0 && settings.leaks === "throw") {
      throw new BrowserError("leaked", `never closed: ${leaks.map(({ kind, openedAt, url }) => `${kind} opened at ${openedAt}${url === "" ? "" : ` (${url})`}`).join("; ")}`);
    }
    return { leaks, processes: ended.reduce((sum, each) => sum + each.ended, 0), zombies: ended.reduce((sum, each) => sum + each.zombies.length, 0), tookMs };
  }

  // Nobody waits: what hangs is killed in the moment of the abort, and `close()` waits for the proof.
  signal.addEventListener("abort", () => {
    for (const live of browsers) void (closing.signal.aborted ? live.end("closed", "the session was closed") : live.end("killed", "the session was cut"));
  });
  const close = (): Promise<CloseReport> => (closed ??= closeAll());
  await acquireFirst();

  async function acquireFirst(): Promise<void> {
    launching = launch();
    try {
      await launching;
    } finally {
      launching = null;
    }
  }

  return {
    signal,
    newContext,
    newPage,
    withPage,
    leaks: () => holdings.leaks(),
    counts: () => events.counts(),
    processes: () => [...browsers].flatMap((live) => live.processes()),
    close,
    [Symbol.asyncDispose]: async () => {
      await close();
    },
  };
}
