import { openBrowser, type BrowserSession } from "@cofferdam/browsers";
import { createNames } from "../decode/names.ts";
import { SourceError } from "../errors.ts";
import { siblingPath } from "../match/match-url.ts";
import type { Settings } from "../settings.ts";
import { createHttpSource } from "./http-source.ts";
import type { Source, SourceOptions } from "./source.ts";

/** What a session is opened with. */
interface Owner {
  readonly signal: AbortSignal;
  readonly scratch: string;
}

type Page = Awaited<ReturnType<BrowserSession["newPage"]>>;

/** A page in a browser takes longer than a document. */
const NAVIGATION_FACTOR = 3;

/** Reads the pages of a match in a browser of its own, the code maps from its storage, and the JSON with its cookies. */
export async function openBrowserSource(owner: Owner, settings: Settings, options: SourceOptions): Promise<Source> {
  const session = await openSession(owner, settings);
  const timeoutMs = settings.requestTimeoutMs * NAVIGATION_FACTOR;
  const urlOf = (sibling: "live" | "info" | "scorecard"): string => new URL(siblingPath(options, sibling), settings.discoveryUrl).href;
  let live: Promise<Page> | null = null;

  /** The page of the match stays open and keeps itself fresh; one that fails is replaced. */
  async function withLive<Result>(use: (page: Page) => Promise<Result>): Promise<Result> {
    live ??= openLive();
    const opened = live;
    try {
      return await bounded(
        opened.then((page) => use(page)),
        { timeoutMs, signal: options.signal },
      );
    } catch (error) {
      if (live === opened) live = null;
      void opened.then((page) => page.context().close()).catch(() => undefined);
      throw browserError(error);
    }
  }

  async function openLive(): Promise<Page> {
    const page = await session.newPage();
    await page.goto(urlOf("live"), { timeout: timeoutMs, waitUntil: "domcontentloaded" });
    return page;
  }

  async function visit<Result>(url: string, read: (page: Page) => Promise<Result>): Promise<Result> {
    return await bounded(visitPage(session, url, { timeoutMs, read }), { timeoutMs, signal: options.signal }).catch((error: unknown) => {
      throw browserError(error);
    });
  }

  const http = createHttpSource(settings, options, () =>
    withLive(async (page) => {
      await page.reload({ timeout: timeoutMs, waitUntil: "domcontentloaded" });
      return (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`);
    }),
  );
  return {
    ...http,
    page: () => withLive((page) => page.content()),
    info: () => visit(urlOf("info"), (page) => page.content()),
    names: async () => createNames(await visit(urlOf("scorecard"), readStorage)),
    close: async () => void (await session.close()),
  };
}

/** One page, read in a browser that is gone when this returns. */
export async function readPageInBrowser(owner: Owner, settings: Settings, url: string): Promise<string> {
  await using session = await openSession(owner, settings);
  const timeoutMs = settings.requestTimeoutMs * NAVIGATION_FACTOR;
  try {
    return await bounded(visitPage(session, url, { timeoutMs, read: (page) => page.content() }), { timeoutMs, signal: owner.signal });
  } catch (error) {
    throw browserError(error);
  }
}

async function openSession({ signal, scratch }: Owner, settings: Pick<Settings, "browserPath">): Promise<BrowserSession> {
  return await openBrowser(
    { signal, scratch },
    {
      block: ["image", "font", "media"],
      threads: "few",
      retire: { pagesMax: 1_000_000, ageMsMax: 24 * 3_600_000 },
      ...(settings.browserPath === null ? {} : { executablePath: settings.browserPath }),
    },
  );
}

async function visitPage<Result>(
  session: BrowserSession,
  url: string,
  { timeoutMs, read }: { readonly timeoutMs: number; readonly read: (page: Page) => Promise<Result> },
): Promise<Result> {
  return await session.withPage(async (page) => {
    const response = await page.goto(url, { timeout: timeoutMs, waitUntil: "domcontentloaded" });
    if (response !== null && response.status() >= 400) throw new SourceError("status", `${url}: status ${response.status()}`);
    return await read(page);
  });
}

/** Runs in the page. */
async function readStorage(page: Page): Promise<Record<string, string>> {
  const text = await page.evaluate("JSON.stringify({ ...localStorage })");
  const value: unknown = typeof text === "string" ? JSON.parse(text) : {};
  return typeof value === "object" && value !== null ? (value as Record<string, string>) : {};
}

/** Calls into a frozen browser never settle by themselves. */
async function bounded<Result>(work: Promise<Result>, { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new SourceError("timeout", `the browser did not answer within ${timeoutMs} ms`)), timeoutMs);
  const abort = (): void => late.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

function browserError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  return new SourceError(isTimeout ? "timeout" : "browser", error instanceof Error ? error.message : String(error), error);
}
