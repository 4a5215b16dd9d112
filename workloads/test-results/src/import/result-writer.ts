import { sql, type RawBuilder } from "kysely";
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

/** A batch on its way into the database: ready to be written as it is, or rows about which the database has to be asked first. */
export type WritableBatch =
  | { readonly kind: "packed"; readonly count: number; readonly packed: PackedBatch }
  | { readonly kind: "noted"; readonly count: number; readonly noted: NotedRows };

/** Does what needs no transaction, while the batches before are still being written. */
export function prepareBatch({ database, started }: WriterTools, noted: NotedRows): WritableBatch {
  const count = noted.rows.length;
  if (noted.doubtful.length > 0 || started.hasMetadata) return { kind: "noted", count, noted };
  return { kind: "packed", count, packed: packColumns(database.kind, toColumns(started.jobKey, noted.rows, ALONE)) };
}

const ALONE = { occurrence: 1, ...UNKNOWN };

export async function writeBatch(tools: WriterTools, batch: WritableBatch): Promise<void> {
  const { database, waiting } = tools;
  if (batch.kind === "packed") return await database.writeAll([batch.packed, ...countRows(tools, batch.count)], { waiting });
  await database.write((transaction) => storeRows(transaction, tools, batch), { waiting });
}

async function storeRows(transaction: Write, tools: WriterTools, batch: WritableBatch): Promise<void> {
  const packed = batch.kind === "packed" ? batch.packed : await askAndPack(transaction, tools, batch.noted);
  await inOrder(tools.database.kind, [() => insertColumns(transaction, packed), ...countRows(tools, batch.count).map((statement) => () => statement.execute(transaction))]);
}

/** SQLite's thread takes statements in their order without having answered the one before; the first that fails fails them all. A connection to PostgreSQL wants them one by one. */
async function inOrder(kind: Database["kind"], statements: readonly (() => Promise<unknown>)[]): Promise<void> {
  if (kind === "sqlite") return void (await Promise.all(statements.map((say) => say())));
  for (const say of statements) await say();
}

/** What is said about an import with each of its batches. */
function countRows({ started }: WriterTools, count: number): RawBuilder<unknown>[] {
  return [
    sql`UPDATE jobs SET rows_written = rows_written + ${count} WHERE id = ${started.jobKey}`,
    sql`UPDATE imports SET step = 'write', written = written + ${count}, memory_peak_mb = ${memoryPeakMb()} WHERE id = ${started.importKey}`,
  ];
}

async function askAndPack(transaction: Write, { started, database }: WriterTools, noted: NotedRows): Promise<PackedBatch> {
  const { jobKey, releaseKey } = started;
  const { kind, dialect } = database;
  const { rows } = noted;
  const occurrences = await resolveOccurrences(transaction, { jobKey, dialect }, noted);
  const known = started.hasMetadata ? await lookUpMetadata(transaction, { releaseKey, dialect }, new Set(rows.map((row) => metadataNameOf(row.name)))) : null;
  const extras = rows.map((row, index) => ({ occurrence: occurrences[index] ?? 1, ...(known?.get(metadataNameOf(row.name)) ?? UNKNOWN) }));
  return packColumns(kind, toColumns(jobKey, rows, extras));
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
