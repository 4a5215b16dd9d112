import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JobContext } from "cofferdam";
import * as z from "zod";
import { isFinalText } from "../decode/final-text.ts";
import { errorTypeOf, SourceError, type ErrorType } from "../errors.ts";
import { siblingPath } from "../match/match-url.ts";
import { readDiscoveryPage } from "../pages/discovery-page.ts";
import { readMatchPage } from "../pages/match-page.ts";
import { getText } from "../poll/get-text.ts";
import { assertStatus } from "../poll/parse-body.ts";
import type { Settings } from "../settings.ts";

/** Pages that were not recognised are kept for people; only the last few. */
const PAGES_KEPT = 5;

export const discoverInput = z.object({
  /** Matches that are over: whether their final text still stands. */
  ended: z.array(z.object({ match_key: z.string(), url: z.string() })),
});
export type DiscoverInput = z.infer<typeof discoverInput>;

export type Discovered =
  | {
      readonly kind: "list";
      readonly urls: readonly string[];
      readonly isComplete: boolean;
      readonly warnings: readonly string[];
      /** Ended matches whose final text is gone. */ readonly reopened: readonly string[];
    }
  | { readonly kind: "failed"; readonly error: ErrorType; readonly detail: string; readonly savedAs: string | null };

/** Reads the discovery page once. A failure is an answer too: it is no list. */
export async function runDiscoverJob(job: JobContext<DiscoverInput>, settings: Settings): Promise<Discovered> {
  try {
    const html = await readListHtml(job, settings);
    const page = readDiscoveryPage(html);
    if (page.kind === "unrecognised") return { kind: "failed", error: "dom_changed", detail: page.detail, savedAs: await savePage(html, settings.pagesDirectory) };
    const listed = job.input.ended.filter(({ url }) => page.urls.includes(url));
    const reopened = await Promise.all(listed.map(async ({ match_key, url }) => ((await isReopened(url, job.signal, settings)) ? [match_key] : [])));
    return { kind: "list", urls: page.urls, isComplete: page.isComplete, warnings: page.warnings, reopened: reopened.flat() };
  } catch (error) {
    return { kind: "failed", error: errorTypeOf(error), detail: error instanceof Error ? error.message : String(error), savedAs: null };
  }
}

async function readListHtml(job: JobContext<DiscoverInput>, settings: Settings): Promise<string> {
  if (settings.fetchMode === "browser") return await (await import("../poll/browser-source.ts")).readPageInBrowser(job, settings, settings.discoveryUrl);
  const { status, text } = await getText(settings.discoveryUrl, { timeoutMs: Math.max(settings.requestTimeoutMs, 1000) * 2, signal: job.signal });
  // An address that is not there any more is a changed site, not an end of all matches.
  if (status === 404 || status === 410) throw new SourceError("status", `${settings.discoveryUrl}: status ${status}`);
  assertStatus(status, settings.discoveryUrl);
  return text;
}

/** Only a page that is known and says nothing final reopens a match. */
async function isReopened(url: string, signal: AbortSignal, settings: Settings): Promise<boolean> {
  try {
    const { status, text } = await getText(new URL(siblingPath({ path: url }, "live"), settings.discoveryUrl).href, { timeoutMs: settings.requestTimeoutMs, signal });
    const page = status === 200 ? readMatchPage(text) : null;
    return page !== null && !isFinalText(page.final_text);
  } catch {
    return false;
  }
}

async function savePage(html: string, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, `discovery-${new Date().toISOString().replaceAll(/[:.]/g, "-")}.html`);
  await writeFile(file, html);
  const saved = (await readdir(directory)).filter((name) => name.startsWith("discovery-")).sort();
  await Promise.all(saved.slice(0, -PAGES_KEPT).map((name) => rm(join(directory, name), { force: true })));
  return file;
}
