// One home page in a browser: navigate, let it settle, read.
import { setTimeout as pause } from "node:timers/promises";
import { detectBlock, type BrowserSession } from "@cofferdam/browsers";
import { readPage } from "../page/read-page.ts";
import { ENOUGH_CHARS } from "../page/enough.ts";
import { BrowseFailure } from "./describe-failure.ts";

type Page = Parameters<Parameters<BrowserSession["withPage"]>[0]>[0];
type Response = NonNullable<Awaited<ReturnType<Page["goto"]>>>;

export interface VisitOptions {
  readonly signal: AbortSignal;
  readonly navigationTimeoutMs: number;
  readonly settleMs: number;
  readonly bodyCharsMax: number;
  /** What is left of the domain's budget. */
  leftMs(): number;
}

const HTML_CHARS_MIN = 100;
const READS = 3;
const BETWEEN_READS_MS = 300;
/** Kept for reading when the page never becomes quiet. */
const READING_MS = 1000;

/** @throws BrowseFailure for too little content; Playwright's own errors for a navigation that failed. */
export async function visitPage(page: Page, address: string, options: VisitOptions): Promise<string> {
  page.setDefaultTimeout(0);
  const response = await navigate(page, address, options);
  const html = await settle(page, response, options);
  if (html.length < HTML_CHARS_MIN) throw new BrowseFailure("Browser: No content retrieved");
  const { contentLength } = readPage(html, "");
  if (contentLength < ENOUGH_CHARS) throw new BrowseFailure(`Browser: Insufficient content (${contentLength} chars)`);
  refuseBlockPage(response, html, page.url());
  return html;
}

/**
 * To DOM ready within the navigation's time. A page that takes longer is read as far as it has come; a host that has not answered at all keeps
 * its navigation until the domain's budget ends: that is a timeout, not an empty page.
 */
async function navigate(page: Page, address: string, { signal, navigationTimeoutMs }: VisitOptions): Promise<Response | null> {
  const main = watchMainFrame(page);
  const navigation = page.goto(address, { waitUntil: "domcontentloaded", timeout: 0 });
  const timer = new AbortController();
  const slow = pause(navigationTimeoutMs, "slow" as const, { signal: AbortSignal.any([signal, timer.signal]) });
  try {
    const first = await Promise.race([navigation, slow, main.broken]);
    if (first !== "slow") return first;
    return main.response() ?? (await Promise.race([navigation, main.broken]));
  } finally {
    timer.abort();
    for (const left of [slow, navigation, main.broken]) left.catch(() => undefined);
  }
}

interface MainFrame {
  /** What answered the page's own request; null while nothing has. */
  response(): Response | null;
  /** Rejects when the page's own body breaks off: `goto` waits for DOM ready then, which never comes. */
  readonly broken: Promise<never>;
}

function watchMainFrame(page: Page): MainFrame {
  let response: Response | null = null;
  const { promise: broken, reject } = Promise.withResolvers<never>();
  page.on("response", (one) => {
    if (one.request().isNavigationRequest() && one.frame() === page.mainFrame()) response = one;
  });
  page.on("requestfailed", (request) => {
    const text = request.failure()?.errorText ?? "";
    // Aborted: the page went somewhere else, or became a download; goto tells that itself.
    if (response !== null && request.isNavigationRequest() && request.frame() === page.mainFrame() && text !== "net::ERR_ABORTED") reject(new Error(`${text} at ${request.url()}`));
  });
  return { response: () => response, broken };
}

async function settle(page: Page, response: Response | null, options: VisitOptions): Promise<string> {
  const status = response?.status() ?? 200;
  if (status >= 300 || isEmpty(await readHtml(page, options))) {
    // It may be at work still: a challenge that solves itself, a page that builds itself.
    await page.waitForLoadState("networkidle", { timeout: Math.max(1, options.leftMs() - READING_MS) }).catch(onlyTimeouts);
  } else {
    await pause(Math.min(options.settleMs, options.leftMs()), undefined, { signal: options.signal });
  }
  let html = "";
  for (let read = 1; read <= READS; read++) {
    html = await readHtml(page, options);
    if (html.length >= HTML_CHARS_MIN) break;
    if (read < READS) await pause(Math.min(BETWEEN_READS_MS, options.leftMs()), undefined, { signal: options.signal });
  }
  return html;
}

/** "" while the page is on its way somewhere else. */
async function readHtml(page: Page, { bodyCharsMax }: VisitOptions): Promise<string> {
  try {
    return (await page.content()).slice(0, bodyCharsMax);
  } catch (error) {
    if (error instanceof Error && /navigating|Execution context was destroyed/i.test(error.message)) return "";
    throw error;
  }
}

function isEmpty(html: string): boolean {
  return html.length < HTML_CHARS_MIN || readPage(html, "").contentLength === 0;
}

/** A long page that a protection put in place of the site is not the site; only what decides by itself counts. */
function refuseBlockPage(response: Response | null, body: string, url: string): void {
  if (response === null || response.status() < 400) return;
  const block = detectBlock({ status: response.status(), headers: response.headers(), body, url });
  if (block !== null && block.tier !== "weak")
    throw new BrowseFailure(`Browser: Bot protection (${block.vendor ?? "unknown"}: ${[block.evidence].flat().join(", ")})`.slice(0, 200));
}

function onlyTimeouts(error: unknown): void {
  if (!(error instanceof Error) || error.name !== "TimeoutError") throw error;
}
