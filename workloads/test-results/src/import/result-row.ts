import type { ColumnType, SqlValue } from "workload-database";
import type { JunitCase } from "../junit/case-rows.ts";

/** A row as it goes into `test_results`. */
export interface ResultRow {
  readonly topology: string;
  readonly file: string;
  readonly className: string;
  readonly name: string;
  readonly status: string;
  readonly setupIp: string | null;
  readonly orderIndex: number;
  readonly duration: number | null;
  readonly wasRerun: boolean;
  readonly rerunStillFailed: boolean;
  readonly failureMessage: string | null;
}

/** What the row is given besides: its number among equal keys, and what is known about the test. */
export interface RowExtras {
  readonly occurrence: number;
  readonly priority: string;
  readonly isRemoved: number;
}

export const RESULT_COLUMNS = {
  job_id: "bigint",
  topology: "text",
  file_path: "text",
  class_name: "text",
  test_name: "text",
  occurrence: "integer",
  status: "text",
  setup_ip: "text",
  order_index: "integer",
  duration: "real",
  was_rerun: "integer",
  rerun_still_failed: "integer",
  failure_message: "text",
  priority: "text",
  is_removed: "integer",
  testcase_module: "text",
} as const satisfies Readonly<Record<string, ColumnType>>;

/** In the order of RESULT_COLUMNS. */
export function encodeRow(jobKey: number, row: ResultRow, extras: RowExtras): readonly SqlValue[] {
  return [
    jobKey,
    row.topology,
    row.file,
    row.className,
    row.name,
    extras.occurrence,
    row.status,
    row.setupIp,
    row.orderIndex,
    row.duration,
    Number(row.wasRerun),
    Number(row.rerunStillFailed),
    row.failureMessage,
    extras.priority,
    extras.isRemoved,
    testcaseModuleOf(row.file),
  ];
}

/** Junit-only mode: the case is the row. */
export function rowOfCase(topology: string, orderIndex: number, found: JunitCase): ResultRow {
  const { file, className, name, status, durationSeconds, wasRerun, rerunStillFailed, failureMessage } = found;
  return { topology, file, className, name, status, setupIp: null, orderIndex, duration: durationSeconds, wasRerun, rerunStillFailed, failureMessage };
}

/** Third segment of `data_plane/tests/<module>/…`, else null. */
export function testcaseModuleOf(filePath: string): string | null {
  return filePath.startsWith("data_plane/tests/") ? (/^data_plane\/tests\/([^/]+)\//.exec(filePath)?.[1] ?? null) : null;
}

/** The name that metadata goes by: cut at the first "[". */
export function metadataNameOf(testName: string): string {
  const bracket = testName.indexOf("[");
  return bracket === -1 ? testName : testName.slice(0, bracket);
}
