import type { JobContext } from "cofferdam";
import { openDatabase, type Database } from "../database/database.ts";
import { claimRun, interruptOrphans, requestRun, type RunRow } from "../runs/run-store.ts";
import type { Settings } from "../settings.ts";
import { SOURCE_NAMES } from "../sources/item.ts";
import type { CrawlInput, CrawlOutcome } from "./crawl-input.ts";
import { crawlRun } from "./crawl-run.ts";

/** What the worker does; how it ended is decided outside, from what it has written. */
export async function runCrawlJob(job: JobContext<CrawlInput>, settings: Settings): Promise<CrawlOutcome> {
  const database = await openDatabase(settings);
  try {
    const wanted = job.input.runId ?? (await requestScheduled(database, settings, job.id));
    if (wanted === null) return { outcome: "joined", runId: null };
    const run = await claimRun(database, wanted, job.id);
    if (run === null) return { outcome: "not-wanted", runId: wanted };
    await crawl(job, { database, run, settings });
    return { outcome: "crawled", runId: run.id };
  } finally {
    await database.close();
  }
}

async function requestScheduled(database: Database, settings: Settings, jobId: string): Promise<string | null> {
  // A run that died with its service must not be taken for one that is active.
  await interruptOrphans(database, settings.runOwner);
  const { kind, run } = await requestRun(database, { trigger: "schedule", sources: SOURCE_NAMES, owner: settings.runOwner ?? "", jobId });
  return kind === "queued" ? run.id : null;
}

async function crawl(job: JobContext<CrawlInput>, { database, run, settings }: { readonly database: Database; readonly run: RunRow; readonly settings: Settings }): Promise<void> {
  await crawlRun({ database, run, settings, signal: job.signal, report: (progress) => job.progress(progress), say: (line) => console.error(line) });
}
