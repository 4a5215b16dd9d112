import { FetchError } from "../fetch/fetch-error.ts";
import type { PageSource } from "../fetch/page-source.ts";
import type { Geocoder } from "../geocode/geocoder.ts";
import { addressTextOf, toMarketValues, toMetadata } from "../markets/market-row.ts";
import { parseDetail } from "../sources/fleamarket-detail.ts";
import { parseListing } from "../sources/fleamarket-listing.ts";
import { PageError, type Details, type Entry, type Item, type ParsedPage, type SourceName } from "../sources/item.ts";
import { parseEvents } from "../sources/loppemarkeder.ts";
import type { Progress } from "./progress.ts";
import type { Checkpoint, Failure, SourceLedger, Step } from "./source-ledger.ts";

export interface SourceCrawl {
  readonly source: SourceName;
  readonly ledger: SourceLedger;
  readonly pages: PageSource;
  readonly geocoder: Geocoder;
  readonly progress: Progress;
  /** Per source; 0 for all. */
  readonly marketsMax: number;
  readonly pagesMax: number;
  readonly signal: AbortSignal;
  /** A line for the log. */
  readonly say: (line: string) => void;
}

const PARSERS: Readonly<Record<SourceName, (text: string, pageUrl: string) => ParsedPage>> = { fleamarket: parseListing, loppemarkeder: parseEvents };

/** Listing after listing from where the ledger says, entry after entry; what fails fails alone. */
export async function crawlSource(crawl: SourceCrawl): Promise<void> {
  const { ledger } = crawl;
  const seen = new Set<string>();
  while (ledger.checkpoint.url !== null && !isEnough(crawl)) {
    const { url, page } = ledger.checkpoint;
    if (page > crawl.pagesMax || seen.has(url)) break;
    seen.add(url);
    if (!(await crawlPage(crawl, url))) break;
  }
  await ledger.flush();
}

function isEnough({ ledger, marketsMax }: SourceCrawl): boolean {
  return marketsMax > 0 && ledger.counts.processed >= marketsMax;
}

/** False when the page could not be had: nobody knows what comes after it. */
async function crawlPage(crawl: SourceCrawl, url: string): Promise<boolean> {
  const { ledger, progress, signal, say, source } = crawl;
  const { page, index: begin } = ledger.checkpoint;
  progress.at(source, page);
  const parsed = await readListing(crawl, url);
  if (parsed === null) return false;
  say(`${source}: page ${page} has ${parsed.entries.length} entries`);
  for (const [index, entry] of parsed.entries.entries()) {
    if (index < begin) continue;
    if (isEnough(crawl)) return true;
    signal.throwIfAborted();
    await ledger.commit(await stepOf(crawl, entry, { url, page, index: index + 1 }));
  }
  await ledger.commit({ kind: "page", save: null, failure: null, checkpoint: { url: parsed.nextUrl, page: page + 1, index: 0 } });
  return true;
}

async function readListing(crawl: SourceCrawl, url: string): Promise<ParsedPage | null> {
  const { ledger, pages, say, source } = crawl;
  try {
    const { body, finalUrl } = await pages.get(url);
    return PARSERS[source](body, finalUrl);
  } catch (error) {
    const failure = failureOf(error, { externalId: null, stage: "page" });
    say(`${source}: ${url}: ${failure.error}`);
    // The page stays the next thing to do: a run that is resumed tries it again.
    await ledger.commit({ kind: "lost-page", save: null, failure, checkpoint: ledger.checkpoint });
    return null;
  }
}

async function stepOf(crawl: SourceCrawl, entry: Entry, checkpoint: Checkpoint): Promise<Step> {
  if (entry.kind === "skipped") {
    crawl.say(`${crawl.source}: skipped: ${entry.reason}`);
    return { kind: "skipped", save: null, failure: null, checkpoint };
  }
  if (entry.kind === "failed") {
    crawl.say(`${crawl.source}: ${entry.externalId ?? "an entry"} failed: ${entry.error}`);
    return { kind: "broken-item", save: null, failure: { externalId: entry.externalId, stage: "parse", error: entry.error }, checkpoint };
  }
  if (entry.warning !== null) crawl.say(`${crawl.source}: warning: ${entry.warning}`);
  const { item, failure, details } = await withDetails(crawl, entry.item);
  const values = toMarketValues(item, await crawl.geocoder.locate(addressTextOf(item)));
  const save = { source: item.source, values, metadata: toMetadata(item, values), details, at: new Date().toISOString() };
  return { kind: "item", save, failure, checkpoint };
}

interface Detailed {
  readonly item: Item;
  readonly failure: Failure | null;
  readonly details: "complete" | "missing";
}

/** Every occurrence of a market asks for its own page; the pages know which they have. */
async function withDetails({ pages, say, source }: SourceCrawl, item: Item): Promise<Detailed> {
  if (item.detailUrl === null) return { item, failure: null, details: "complete" };
  try {
    const { body, finalUrl } = await pages.get(item.detailUrl);
    const details: Details = parseDetail(body, finalUrl);
    return { item: { ...item, details }, failure: null, details: "complete" };
  } catch (error) {
    const failure = failureOf(error, { externalId: item.externalId, stage: "detail" });
    say(`${source}: ${item.externalId}: details: ${failure.error}`);
    // A page that we are asked not to read is not a failure of this run.
    const isAsked = error instanceof FetchError && error.problem === "robots";
    return { item, failure: isAsked ? null : failure, details: "missing" };
  }
}

/** What a page can do to us; everything else is not the page's fault. */
function failureOf(error: unknown, where: Pick<Failure, "externalId" | "stage">): Failure {
  if (!(error instanceof FetchError) && !(error instanceof PageError)) throw error;
  return { ...where, error: error instanceof FetchError ? `${error.problem}: ${error.message}` : `malformed: ${error.message}` };
}
