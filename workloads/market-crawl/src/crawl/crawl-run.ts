import type { Database } from "../database/database.ts";
import { createHttpClient } from "../fetch/http-client.ts";
import { createPace } from "../fetch/pace.ts";
import { createPageMemory } from "../fetch/page-memory.ts";
import { createPageSource } from "../fetch/page-source.ts";
import { createGeocoder } from "../geocode/geocoder.ts";
import type { RunRow } from "../runs/run-store.ts";
import type { Settings } from "../settings.ts";
import { isSourceName } from "../sources/item.ts";
import { crawlSource } from "./crawl-source.ts";
import { createProgress } from "./progress.ts";
import { openSourceLedger } from "./source-ledger.ts";

export interface CrawlOptions {
  readonly database: Database;
  readonly run: RunRow;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly report: (progress: { readonly done: number; readonly note: string }) => void;
  readonly say: (line: string) => void;
}

/** The whole of a run, from its beginning or from where it stopped. */
export async function crawlRun({ database, run, settings, signal, report, say }: CrawlOptions): Promise<void> {
  const progress = createProgress(run.id, report);
  const { sourceUrls, geocodeUrl, geocodeKey: key } = settings;
  const client = createHttpClient([...Object.values(sourceUrls), geocodeUrl]);
  try {
    const pace = createPace({ startMs: settings.delayStartMs, maxMs: settings.delayMaxMs }, progress.alive);
    const memory = createPageMemory(database, run.id, progress.alive);
    const pages = createPageSource({ client, pace, memory, timeoutMs: settings.requestTimeoutMs, signal });
    const geocoder = createGeocoder({ database, client, url: geocodeUrl, key, signal, onResult: progress.geocoded });
    for (const source of run.sources.split(",").filter(isSourceName)) {
      const ledger = await openSourceLedger({ database, runId: run.id, source, firstUrl: sourceUrls[source], waiting: progress.alive, onCounts: progress.counted });
      progress.counted(ledger.counts);
      await crawlSource({ source, ledger, pages, geocoder, progress, marketsMax: settings.marketsMax, pagesMax: settings.pagesMax, signal, say });
      const { processed, created, updated, unchanged, failed, skipped } = ledger.counts;
      say(`${source}: ${processed} processed, ${created} created, ${updated} updated, ${unchanged} unchanged, ${failed} failed, ${skipped} skipped`);
    }
  } finally {
    await client.close();
  }
}
