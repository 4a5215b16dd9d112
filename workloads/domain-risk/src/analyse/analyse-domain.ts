// The body of the job: one domain, plain request first, browser as fallback, all of it within one budget.
import type { BrowserEvent } from "@cofferdam/browsers";
import type { JobContext } from "cofferdam";
import { chooseUserAgent } from "../fetch/user-agents.ts";
import { fetchPage, type FetchedPage } from "../fetch/fetch-page.ts";
import { messageOf } from "workload-command-line";
import { createGuard, RefusedTarget, type Guard } from "../guard/guard.ts";
import { decodePage } from "../page/decode-page.ts";
import { ENOUGH_CHARS } from "../page/enough.ts";
import { readPage, type PageContent } from "../page/read-page.ts";
import { seoExcerpt } from "../page/seo-text.ts";
import { countHazards, scoredText } from "../score/keywords.ts";
import type { Settings } from "../settings.ts";
import { seconds, tenths, timeoutError } from "./budget-time.ts";
import { failed } from "./failed.ts";
import { isOfMachine } from "./of-machine.ts";
import type { AnalyseInput, Finding, WorkNote } from "./inputs.ts";

type Job = Pick<JobContext<AnalyseInput>, "stage" | "progress" | "scratch" | "input">;

/** What one domain's stages share. */
interface Work {
  readonly job: Job;
  readonly settings: Settings;
  readonly guard: Guard;
  readonly userAgent: string;
  leftMs(): number;
  fallbackReason: string | null;
  /** Closed when the finding is known: closing is no part of the budget. */
  readonly opened: AsyncDisposableStack;
}

interface Got {
  readonly page: PageContent;
  readonly method: "http" | "browser";
}

/**
 * Never rejects for what the domain does: its failure is its finding.
 *
 * @param startMs when its budget began, as performance.now()
 */
export async function analyseDomain(job: Job, settings: Settings, startMs: number): Promise<Finding> {
  const usedMs = (): number => performance.now() - startMs;
  await using opened = new AsyncDisposableStack();
  const work: Work = {
    job,
    settings,
    guard: createGuard(settings.allowPrivateTargets),
    userAgent: chooseUserAgent(Math.random()),
    leftMs: () => Math.max(0, settings.domainBudgetMs - usedMs()),
    fallbackReason: null,
    opened,
  };
  try {
    const { page, method } = await job.stage("domain", Math.max(1, work.leftMs()), (signal) => getPage(work, signal));
    return succeeded(page, method, work.fallbackReason, usedMs());
  } catch (error) {
    const budgetExceeded = isStageTimeout(error);
    const said = messageOf(error);
    const finding = failed({ error: budgetExceeded ? timeoutError(usedMs()) : said, fallbackReason: work.fallbackReason, usedMs: usedMs(), budgetExceeded });
    return !budgetExceeded && isOfMachine(error) ? { ...finding, of_machine: true } : finding;
  }
}

async function getPage(work: Work, signal: AbortSignal): Promise<Got> {
  if (work.job.input.plainRequest) {
    const page = await byPlainRequest(work, signal);
    if (page !== null) return { page, method: "http" };
  } else {
    work.fallbackReason = "Plain request left out: only the browser was let in last time";
  }
  return { page: await byBrowser(work, signal), method: "browser" };
}

/** null when it was not enough; `fallbackReason` then says why. */
async function byPlainRequest(work: Work, outer: AbortSignal): Promise<PageContent | null> {
  const { job, settings, guard, userAgent } = work;
  job.progress({ note: JSON.stringify(noteOf(work, "http", NO_BROWSER)) });
  const timeMs = Math.max(1, Math.min(settings.httpTimeoutMs, work.leftMs()));
  const fetching = Promise.withResolvers<void>();
  try {
    const fetched: FetchedPage = await job.stage("http", timeMs, (signal) =>
      fetchPage(job.input.address, { guard, userAgent, bodyBytesMax: settings.bodyBytesMax, signal: AbortSignal.any([outer, signal]) }).finally(fetching.resolve),
    );
    const page = readPage(decodePage(fetched.bytes, fetched.contentType), job.input.domain);
    if (page.contentLength >= ENOUGH_CHARS) return page;
    work.fallbackReason = `Insufficient content (${page.contentLength} chars, needs ${ENOUGH_CHARS}+)`;
  } catch (error) {
    outer.throwIfAborted();
    // A browser would be refused the same.
    if (error instanceof RefusedTarget) throw error;
    work.fallbackReason = isStageTimeout(error) ? `HTTP timeout after ${tenths(timeMs)}s` : messageOf(error);
    // Loading the browser's code blocks the loop: what was cut has to have returned before.
    await fetching.promise;
  }
  return null;
}

async function byBrowser(work: Work, signal: AbortSignal): Promise<PageContent> {
  const { job, settings, guard, userAgent } = work;
  const browser = { browsers: 0, contexts: 0, launches: 0, killed: 0, died: 0 };
  const tell = (): void => job.progress({ note: JSON.stringify(noteOf(work, "browser", browser)) });
  tell();
  const { browsePage } = await import("../browse/browse-page.ts");
  const html = await job.stage("browser", Math.max(1, work.leftMs()), (stageSignal) =>
    browsePage(job.input.address, {
      guard,
      userAgent,
      signal: AbortSignal.any([signal, stageSignal]),
      scratch: job.scratch,
      browserPath: settings.browserPath,
      navigationTimeoutMs: settings.navigationTimeoutMs,
      settleMs: settings.settleMs,
      bodyBytesMax: settings.bodyBytesMax,
      leftMs: work.leftMs,
      opened: work.opened,
      onEvent(event) {
        if (count(browser, event)) tell();
      },
    }),
  );
  return readPage(html, job.input.domain);
}

type BrowserTally = Pick<WorkNote, "browsers" | "contexts" | "launches" | "killed" | "died">;
const NO_BROWSER: BrowserTally = { browsers: 0, contexts: 0, launches: 0, killed: 0, died: 0 };

/** Whether the event changed anything. */
function count(tally: { -readonly [Key in keyof BrowserTally]: BrowserTally[Key] }, { kind }: BrowserEvent): boolean {
  if (kind === "browser-created") {
    tally.browsers += 1;
    tally.launches += 1;
  } else if (kind === "browser-closed" || kind === "browser-killed" || kind === "browser-died") {
    tally.browsers = Math.max(0, tally.browsers - 1);
    if (kind === "browser-killed") tally.killed += 1;
    if (kind === "browser-died") tally.died += 1;
  } else if (kind === "context-created") tally.contexts += 1;
  else if (kind === "context-closed" || kind === "context-killed") tally.contexts = Math.max(0, tally.contexts - 1);
  else return false;
  return true;
}

function noteOf(work: Work, stage: WorkNote["stage"], tally: BrowserTally): WorkNote {
  return { stage, fallback_reason: work.fallbackReason, ...tally };
}

function succeeded(page: PageContent, method: Got["method"], fallbackReason: string | null, usedMs: number): Finding {
  return {
    accessible: true,
    method,
    ...(fallbackReason === null ? {} : { fallback_reason: fallbackReason }),
    ...countHazards(scoredText(page)),
    promoted_products: [...page.promotedProducts],
    related_domains: [...page.relatedDomains],
    seo_metadata: seoExcerpt(page.seoText),
    response_time_seconds: seconds(usedMs),
    budget_exceeded: false,
  };
}

function isStageTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "StageTimeout";
}
