import { sql } from "kysely";
import { insertColumns, packColumns, type PackedBatch } from "workload-database";
import type { Database, Write } from "../database/database.ts";
import type { RunningImport } from "./begin.ts";
import { lookUpMetadata, UNKNOWN } from "./metadata-lookup.ts";
import { resolveOccurrences, type NotedRows } from "./occurrences.ts";
import { metadataNameOf, toColumns } from "./result-row.ts";
import type { ImportState, Statistics } from "./request.ts";

/** What the last batch also writes. */
export interface Finish {
  readonly state: Extract<ImportState, "complete" | "partial" | "empty">;
  readonly inputDigest: string;
  readonly statistics: Statistics;
  readonly parsed: number;
  readonly unmatchedJunit: number;
  readonly problems: readonly string[];
}

export interface WriterTools {
  readonly database: Database;
  readonly started: RunningImport;
  readonly now: () => string;
  /** Called while another process holds the write lock. */
  readonly waiting: () => void;
}

/** A batch on its way into the database. */
export interface WritableBatch {
  readonly noted: NotedRows;
  /** Ready to be written as it is; null where the database has to be asked about the rows first. */
  readonly packed: PackedBatch | null;
}

/** Does what needs no transaction, while the batch before is still being written. */
export function prepareBatch({ database, started }: WriterTools, noted: NotedRows): WritableBatch {
  const isKnown = noted.doubtful.length === 0 && !started.hasMetadata;
  const extras = { occurrence: 1, ...UNKNOWN };
  return {
    noted,
    packed: isKnown
      ? packColumns(
          database.kind,
          toColumns(started.jobKey, noted.rows, () => extras),
        )
      : null,
  };
}

export async function writeBatch(tools: WriterTools, batch: WritableBatch): Promise<void> {
  const { database, waiting } = tools;
  await database.write((transaction) => storeRows(transaction, tools, batch), { waiting });
}

async function storeRows(transaction: Write, tools: WriterTools, { noted, packed }: WritableBatch): Promise<void> {
  const { started } = tools;
  const { length } = noted.rows;
  const ready = packed ?? (await askAndPack(transaction, tools, noted));
  await inOrder(tools.database.kind, [
    () => insertColumns(transaction, ready),
    () =>
      transaction
        .updateTable("jobs")
        .set({ rows_written: sql<number>`rows_written + ${length}` })
        .where("id", "=", started.jobKey)
        .execute(),
    () =>
      transaction
        .updateTable("imports")
        .set({ step: "write", written: sql<number>`written + ${length}`, memory_peak_mb: memoryPeakMb() })
        .where("id", "=", started.importKey)
        .execute(),
  ]);
}

/** SQLite's thread takes statements in their order without having answered the one before; the first that fails fails them all. A connection to PostgreSQL wants them one by one. */
async function inOrder(kind: Database["kind"], statements: readonly (() => Promise<unknown>)[]): Promise<void> {
  if (kind === "sqlite") return void (await Promise.all(statements.map((say) => say())));
  for (const say of statements) await say();
}

async function askAndPack(transaction: Write, { started, database }: WriterTools, noted: NotedRows): Promise<PackedBatch> {
  const { jobKey, releaseKey } = started;
  const { kind, dialect } = database;
  const { rows } = noted;
  const occurrences = await resolveOccurrences(transaction, { jobKey, dialect }, noted);
  const known = started.hasMetadata ? await lookUpMetadata(transaction, { releaseKey, dialect }, new Set(rows.map((row) => metadataNameOf(row.name)))) : null;
  const extras = rows.map((row, index) => ({ occurrence: occurrences[index] ?? 1, ...(known?.get(metadataNameOf(row.name)) ?? UNKNOWN) }));
  return packColumns(
    kind,
    toColumns(jobKey, rows, (index) => extras[index] ?? { occurrence: 1, ...UNKNOWN }),
  );
}

/** The last batch, possibly empty: rows, statistics and the state are seen together or not at all. */
export async function writeLastBatch(tools: WriterTools, batch: WritableBatch, finish: Finish): Promise<void> {
  const { database, started, waiting, now } = tools;
  const { jobKey, importKey } = started;
  const { total, passed, failed, skipped, passRate } = finish.statistics;
  await database.write(
    async (transaction) => {
      await storeRows(transaction, tools, batch);
      await transaction
        .updateTable("jobs")
        .set({
          total,
          passed,
          failed,
          skipped,
          pass_rate: passRate,
          import_state: finish.state,
          input_digest: finish.inputDigest,
          empty_times: finish.state === "empty" ? sql<number>`empty_times + 1` : 0,
          unmatched_junit: finish.unmatchedJunit,
          cause: finish.state === "partial" ? "malformed" : null,
          progress_key: null,
          rows_written: 0,
        })
        .where("id", "=", jobKey)
        .execute();
      await transaction.deleteFrom("quarantine").where("job_id", "=", jobKey).execute();
      await transaction
        .updateTable("imports")
        .set({ step: "done", finished_at: now(), parsed: finish.parsed, error: finish.problems.length === 0 ? null : finish.problems.join("\n").slice(0, 4000) })
        .where("id", "=", importKey)
        .execute();
    },
    { waiting },
  );
}

/** Peak resident size of this process. */
export function memoryPeakMb(): number {
  return Math.round((process.resourceUsage().maxRSS / 1024) * 10) / 10;
}
