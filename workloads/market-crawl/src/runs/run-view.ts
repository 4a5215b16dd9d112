import type { Queries } from "../database/database.ts";
import { savedOf, type SourceCounts } from "./decide-end.ts";
import { freshnessOf } from "./freshness.ts";
import { activeRun, type RunRow } from "./run-store.ts";

const FAILURES_SHOWN = 200;

export interface RunView {
  readonly run_id: string;
  readonly trigger: string;
  readonly status: string;
  readonly requested_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly exit_code: number | null;
  readonly error: string | null;
  readonly source: string | null;
  readonly page: number | null;
  readonly processed: number;
  readonly saved: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly skipped: number;
  readonly success_rate: number | null;
  readonly sources: readonly object[];
}

export async function findRun(read: Queries, runId: string): Promise<RunRow | null> {
  return (await read.selectFrom("runs").selectAll().where("id", "=", runId).executeTakeFirst()) ?? null;
}

/** Newest first. */
export async function listRuns(read: Queries, limit: number): Promise<RunView[]> {
  const rows = await read.selectFrom("runs").selectAll().orderBy("requested_at", "desc").orderBy("id").limit(limit).execute();
  return await Promise.all(rows.map((row) => viewRun(read, row)));
}

/** The active run, else the one that was asked for last. */
export async function currentRun(read: Queries): Promise<RunRow | null> {
  return (await activeRun(read)) ?? (await read.selectFrom("runs").selectAll().orderBy("requested_at", "desc").limit(1).executeTakeFirst()) ?? null;
}

/** What has happened so far, from what is on record; the counts are those of what is saved. */
export async function viewRun(read: Queries, row: RunRow): Promise<RunView> {
  const sources = await read.selectFrom("run_sources").selectAll().where("run_id", "=", row.id).orderBy("source").execute();
  const wanted = row.sources.split(",");
  const shown = sources.toSorted((one, other) => wanted.indexOf(one.source) - wanted.indexOf(other.source));
  const now = shown.at(-1);
  const total = (of: (each: SourceCounts) => number): number => sources.reduce((sum, each) => sum + of(each), 0);
  const processed = total((each) => each.processed);
  const failed = total((each) => each.failed);
  return {
    run_id: row.id,
    trigger: row.trigger,
    status: row.status,
    requested_at: row.requested_at,
    started_at: row.started_at,
    finished_at: row.finished_at,
    exit_code: row.exit_code,
    error: row.error,
    source: now?.source ?? null,
    page: now === undefined ? null : pageOf(now.checkpoint),
    processed,
    saved: total(savedOf),
    created: total((each) => each.created),
    updated: total((each) => each.updated),
    unchanged: total((each) => each.unchanged),
    failed,
    skipped: total((each) => each.skipped),
    success_rate: successRate(processed, failed),
    sources: shown.map(viewSource),
  };
}

/** With what failed and what the worker said, for one run. */
export async function viewRunInFull(read: Queries, row: RunRow): Promise<object> {
  const failures = await read.selectFrom("run_failures").select(["source", "external_id", "stage", "error"]).where("run_id", "=", row.id).limit(FAILURES_SHOWN).execute();
  const log = await read.selectFrom("scraping_logs").select(["success", "message", "error_details", "scraped_at"]).where("run_id", "=", row.id).executeTakeFirst();
  return { ...(await viewRun(read, row)), failures, log: log === undefined ? null : { ...log, success: log.success === 1 } };
}

export async function readFreshness(read: Queries, now: Date): Promise<{ readonly freshness: string; readonly last_success_at: string | null }> {
  const last = await read.selectFrom("runs").select("finished_at").where("status", "=", "success").orderBy("finished_at", "desc").limit(1).executeTakeFirst();
  const lastSuccessAt = last?.finished_at ?? null;
  return { freshness: freshnessOf(lastSuccessAt, now), last_success_at: lastSuccessAt };
}

function viewSource({ source, pages, processed, created, updated, unchanged, failed, skipped }: SourceCounts): object {
  const saved = savedOf({ created, updated, unchanged });
  return { source, pages, processed, saved, created, updated, unchanged, failed, skipped, success_rate: successRate(processed, failed) };
}

/** Percent of what was tried that did not fail, to a tenth; null while nothing was tried. */
function successRate(processed: number, failed: number): number | null {
  const tried = Math.max(processed, failed);
  return tried === 0 ? null : Math.round(((tried - failed) / tried) * 1000) / 10;
}

function pageOf(checkpoint: string): number | null {
  const page: unknown = JSON.parse(checkpoint);
  return typeof page === "object" && page !== null && "page" in page && typeof page.page === "number" ? page.page : null;
}
