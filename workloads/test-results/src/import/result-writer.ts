import { sql } from "kysely";
import { insertRows } from "workload-database";
import type { Database, Write } from "../database/database.ts";
import type { RunningImport } from "./begin.ts";
import { lookUpMetadata, UNKNOWN } from "./metadata-lookup.ts";
import { resolveOccurrences, type NotedRows } from "./occurrences.ts";
import { encodeRow, metadataNameOf, RESULT_COLUMNS } from "./result-row.ts";
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

export async function writeBatch(tools: WriterTools, batch: NotedRows): Promise<void> {
  const { database, waiting } = tools;
  await database.write((transaction) => storeRows(transaction, tools, batch), { waiting });
}

async function storeRows(transaction: Write, tools: WriterTools, noted: NotedRows): Promise<void> {
  const { started, database } = tools;
  const { rows } = noted;
  const { jobKey, releaseKey } = started;
  const occurrences = await resolveOccurrences(transaction, { jobKey, dialect: database.dialect }, noted);
  const known = started.hasMetadata ? await lookUpMetadata(transaction, { releaseKey, dialect: database.dialect }, new Set(rows.map((row) => metadataNameOf(row.name)))) : null;
  await insertRows(transaction, {
    table: "test_results",
    columns: RESULT_COLUMNS,
    rows: rows.map((row, index) => encodeRow(jobKey, row, { occurrence: occurrences[index] ?? 1, ...(known?.get(metadataNameOf(row.name)) ?? UNKNOWN) })),
  });
  await transaction
    .updateTable("jobs")
    .set({ rows_written: sql<number>`rows_written + ${rows.length}` })
    .where("id", "=", jobKey)
    .execute();
  await transaction
    .updateTable("imports")
    .set({ step: "write", written: sql<number>`written + ${rows.length}`, memory_peak_mb: memoryPeakMb() })
    .where("id", "=", started.importKey)
    .execute();
}

/** The last batch, possibly empty: rows, statistics and the state are seen together or not at all. */
export async function writeLastBatch(tools: WriterTools, batch: NotedRows, finish: Finish): Promise<void> {
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
