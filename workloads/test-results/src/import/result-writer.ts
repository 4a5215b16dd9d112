import type { Database, Writer } from "../database/database.ts";
import { numberOf } from "../database/columns.ts";
import type { ResultRow } from "./staging.ts";
import { passRateOf } from "./job-record.ts";
import type { ImportState } from "./request.ts";

/** Priority and removal come with the row: the release's own metadata before the global one, by the name up to its first "[". */
const INSERT = `
INSERT INTO test_results (job_id, topology, file_path, class_name, test_name, occurrence, status, setup_ip, order_index, duration,
  was_rerun, rerun_still_failed, failure_message, testcase_module, priority, is_removed)
SELECT :job, e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5, e.value ->> 6, e.value ->> 7, e.value ->> 8,
  e.value ->> 9, e.value ->> 10, e.value ->> 11, e.value ->> 12,
  coalesce(own.priority, shared.priority, 'UNKNOWN'), coalesce(own.is_removed, shared.is_removed, 0)
FROM json_each(:rows) e
LEFT JOIN testcase_metadata own ON own.testcase_name = e.value ->> 13
  AND coalesce(own.release_id, 0) = (SELECT m.release_id FROM jobs j JOIN modules m ON m.id = j.module_id WHERE j.id = :job)
LEFT JOIN testcase_metadata shared ON shared.testcase_name = e.value ->> 13 AND coalesce(shared.release_id, 0) = 0`;

export interface Statistics {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly passRate: number;
}

/** What the last batch also writes. */
export interface Finish {
  readonly state: Extract<ImportState, "complete" | "partial" | "empty">;
  readonly inputDigest: string;
  readonly unmatchedJunit: number;
  readonly problems: readonly string[];
}

export interface BatchOptions {
  readonly jobKey: number;
  readonly importKey: number;
  readonly now: () => string;
  /** Called while another process holds the write lock. */
  readonly waiting: () => void;
}

export async function writeBatch(database: Database, options: BatchOptions, rows: readonly ResultRow[]): Promise<void> {
  const { jobKey, importKey } = options;
  const batch = JSON.stringify(rows.map(encodeRow));
  await database.write((writer) => {
    writer.run(INSERT, { job: jobKey, rows: batch });
    writer.run("UPDATE jobs SET rows_written = rows_written + :count WHERE id = :job", { job: jobKey, count: rows.length });
    noteWritten(writer, importKey, rows.length);
  }, options.waiting);
}

/** The last batch, possibly empty: rows, statistics and the state are seen together or not at all. */
export async function writeLastBatch(database: Database, options: BatchOptions, rows: readonly ResultRow[], finish: Finish): Promise<Statistics> {
  const { jobKey, importKey } = options;
  const batch = JSON.stringify(rows.map(encodeRow));
  return await database.write((writer) => {
    writer.run(INSERT, { job: jobKey, rows: batch });
    const statistics = countResults(writer, jobKey);
    writer.run(
      `UPDATE jobs SET total = :total, passed = :passed, failed = :failed, skipped = :skipped, pass_rate = :passRate, import_state = :state, input_digest = :digest,
         empty_times = CASE WHEN :state = 'empty' THEN empty_times + 1 ELSE 0 END, unmatched_junit = :unmatched, cause = CASE WHEN :state = 'partial' THEN 'malformed' END, progress_key = NULL, rows_written = 0
       WHERE id = :job`,
      { job: jobKey, ...statistics, state: finish.state, digest: finish.inputDigest, unmatched: finish.unmatchedJunit },
    );
    writer.run("DELETE FROM quarantine WHERE job_id = :job", { job: jobKey });
    noteWritten(writer, importKey, rows.length);
    writer.run("UPDATE imports SET step = 'done', finished_at = :now, error = :error, memory_peak_mb = :memory WHERE id = :id", {
      id: importKey,
      now: options.now(),
      error: finish.problems.length === 0 ? null : finish.problems.join("\n").slice(0, 4000),
      memory: memoryPeakMb(),
    });
    return statistics;
  }, options.waiting);
}

function noteWritten(writer: Writer, importKey: number, count: number): void {
  writer.run("UPDATE imports SET step = 'write', written = written + :count, memory_peak_mb = :memory WHERE id = :id", { id: importKey, count, memory: memoryPeakMb() });
}

function countResults(writer: Writer, jobKey: number): Statistics {
  const row = writer.get(
    "SELECT count(*) AS total, count(*) FILTER (WHERE status = 'PASSED') AS passed, count(*) FILTER (WHERE status = 'FAILED') AS failed, count(*) FILTER (WHERE status = 'SKIPPED') AS skipped FROM test_results WHERE job_id = :job",
    { job: jobKey },
  );
  if (row === undefined) throw new Error("a count gave no row");
  const [total, passed] = [numberOf(row, "total"), numberOf(row, "passed")];
  return { total, passed, failed: numberOf(row, "failed"), skipped: numberOf(row, "skipped"), passRate: passRateOf(passed, total) };
}

/** Third segment of `data_plane/tests/<module>/…`, else null. */
export function testcaseModuleOf(filePath: string): string | null {
  return /^data_plane\/tests\/([^/]+)\//.exec(filePath)?.[1] ?? null;
}

/** The name that metadata goes by: cut at the first "[". */
export function metadataNameOf(testName: string): string {
  const bracket = testName.indexOf("[");
  return bracket === -1 ? testName : testName.slice(0, bracket);
}

function encodeRow(row: ResultRow): readonly (string | number | null)[] {
  return [
    row.topology,
    row.file,
    row.className,
    row.name,
    row.occurrence,
    row.status,
    row.setupIp,
    row.orderIndex,
    row.duration,
    row.wasRerun,
    row.rerunStillFailed,
    row.failureMessage,
    testcaseModuleOf(row.file),
    metadataNameOf(row.name),
  ];
}

/** Peak resident size of this process. */
export function memoryPeakMb(): number {
  return Math.round((process.resourceUsage().maxRSS / 1024) * 10) / 10;
}
