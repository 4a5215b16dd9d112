import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { BrowserError } from "../errors.ts";
import { findChromium } from "../find/find-chromium.ts";
import type { EndedTree } from "../process/end-tree.ts";
import { sweepBrowsers } from "../process/sweep.ts";
import { within } from "../timing.ts";
import { createEventLog, type BrowserCounts, type EventLog } from "./events.ts";
import { createHoldings, type BrowserLeak, type Holdings } from "./holdings.ts";
import { createAsker } from "./ask.ts";
import { createOpener } from "./opener.ts";
import { resolveSettings, type BrowserJob, type BrowserOptions, type Settings } from "./options.ts";
import { createSupply, type BrowserSupply } from "./supply.ts";
import { watchPage } from "./watch-page.ts";

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
   * Closes what is open (bounded), ends every process and proves it by census, removes the directories (with `reuse`: of all browsers but the one that is kept). The same promise each time.
   * @throws BrowserError `not_gone`; `leaked` with `leaks: "throw"`.
   */
  close(): Promise<CloseReport>;
}

export interface CloseReport {
  /** Contexts and pages that were still open; empty when the session was cut by its signal. */
  readonly leaks: readonly BrowserLeak[];
  /** Id of the browser that was left to the next session (`reuse`); null: all were ended. */
  readonly kept: string | null;
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
  const chromium = await findChromium({ signal, ...(settings.executablePath === null ? {} : { executablePath: settings.executablePath }) });
  await sweepOnce(settings.scratch);

  const events = createEventLog(settings.listeners);
  const supply = createSupply(settings, chromium.path, events, signal);
  const holdings = createHoldings({
    events,
    onPage: (page, holding) => watchPage(page, holding.pages.get(page)?.id ?? holding.id, holding.live.id, settings, events),
    onReleased: (live) => supply.release(live),
  });
  // What hangs is killed in the moment of the abort; `close()` waits for the proof.
  signal.addEventListener("abort", () => (closing.signal.aborted ? supply.cut("closed", "the session was closed") : supply.cut("killed", "the session was cut")), { once: true });
  await supply.start();

  const opener = createOpener(settings, supply, holdings, createAsker(settings.answerTimeoutMs, signal));
  let closed: Promise<CloseReport> | null = null;
  const close = (): Promise<CloseReport> => (closed ??= closeSession({ settings, supply, holdings, events, signal, closing }));
  return {
    signal,
    ...opener,
    leaks: () => holdings.leaks(),
    counts: () => events.counts(),
    processes: () => supply.processes(),
    close,
    [Symbol.asyncDispose]: async () => {
      await close();
    },
  };
}

async function sweepOnce(scratch: string): Promise<void> {
  if (swept.has(scratch)) return;
  swept.add(scratch);
  await sweepBrowsers(scratch);
}

interface Closing {
  readonly settings: Settings;
  readonly supply: BrowserSupply;
  readonly holdings: Holdings;
  readonly events: EventLog;
  readonly signal: AbortSignal;
  readonly closing: AbortController;
}

/** In order: what is open is named and closed (unless the session was cut: then everything is being killed already), every process ended, the proof awaited. */
async function closeSession({ settings, supply, holdings, events, signal, closing }: Closing): Promise<CloseReport> {
  const startMs = performance.now();
  const leaks = signal.aborted ? [] : holdings.leaks();
  for (const leak of leaks) events.emit(leak.kind === "page" ? "page-leaked" : "context-leaked", leak.browserId, leak.id, leak.openedAt);
  if (!signal.aborted) await within(Promise.all(holdings.all().map((holding) => holdings.close(holding, settings.closeTimeoutMs))), settings.closeTimeoutMs);
  // A session that leaked, or was cut, leaves nobody to anyone.
  const gone = supply.gone(leaks.length === 0 && !signal.aborted);
  closing.abort(new BrowserError("session_closed", "the browser session is closed"));
  const { ended, kept } = await gone;
  refuseSurvivors(ended);
  if (settings.leaks === "throw") refuseLeaks(leaks);
  return {
    leaks,
    kept,
    processes: ended.reduce((sum, each) => sum + each.ended, 0),
    zombies: ended.reduce((sum, each) => sum + each.zombies.length, 0),
    tookMs: performance.now() - startMs,
  };
}

function refuseSurvivors(ended: readonly EndedTree[]): void {
  const survivors = ended.flatMap((each) => each.survivors);
  if (survivors.length === 0) return;
  const list = survivors.map(({ pid, name, state }) => `${pid} ${name} (${state})`).join(", ");
  throw new BrowserError("not_gone", `${survivors.length} processes of the browser are still there after SIGKILL: ${list}`);
}

function refuseLeaks(leaks: readonly BrowserLeak[]): void {
  if (leaks.length === 0) return;
  throw new BrowserError("leaked", `never closed: ${leaks.map(({ kind, openedAt, url }) => `${kind} opened at ${openedAt}${url === "" ? "" : ` (${url})`}`).join("; ")}`);
}
