import type { ColumnBatch, ColumnType, SqlValue } from "workload-database";
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

/** The rows as columns of `test_results`. What there is besides is either the same for all or given row by row. */
export function toColumns(jobKey: number, rows: readonly ResultRow[], extras: RowExtras | readonly RowExtras[]): ColumnBatch {
  const column = (type: ColumnType, value: (row: ResultRow) => SqlValue) => ({ type, values: rows.map(value) });
  const moduleOf = createModuleOf();
  const extra = (type: ColumnType, value: (each: RowExtras) => SqlValue) => (isList(extras) ? { type, values: extras.map(value) } : { type, value: value(extras) });
  return {
    table: "test_results",
    count: rows.length,
    columns: {
      job_id: { type: "bigint", value: jobKey },
      topology: column("text", (row) => row.topology),
      file_path: column("text", (row) => row.file),
      class_name: column("text", (row) => row.className),
      test_name: column("text", (row) => row.name),
      occurrence: extra("integer", ({ occurrence }) => occurrence),
      status: column("text", (row) => row.status),
      setup_ip: column("text", (row) => row.setupIp),
      order_index: column("integer", (row) => row.orderIndex),
      duration: column("real", (row) => row.duration),
      was_rerun: column("integer", (row) => Number(row.wasRerun)),
      rerun_still_failed: column("integer", (row) => Number(row.rerunStillFailed)),
      failure_message: column("text", (row) => row.failureMessage),
      priority: extra("text", ({ priority }) => priority),
      is_removed: extra("integer", ({ isRemoved }) => isRemoved),
      testcase_module: column("text", (row) => moduleOf(row.file)),
    },
  };
}

function isList(extras: RowExtras | readonly RowExtras[]): extras is readonly RowExtras[] {
  return Array.isArray(extras);
}

/** Junit-only mode: the case is the row. */
export function rowOfCase(topology: string, orderIndex: number, found: JunitCase): ResultRow {
  const { file, className, name, status, durationSeconds, wasRerun, rerunStillFailed, failureMessage } = found;
  return { topology, file, className, name, status, setupIp: null, orderIndex, duration: durationSeconds, wasRerun, rerunStillFailed, failureMessage };
}

/** Neighbours mostly share their file. */
function createModuleOf(): (filePath: string) => string | null {
  let last: { readonly filePath: string; readonly module: string | null } | null = null;
  return (filePath) => {
    if (last?.filePath !== filePath) last = { filePath, module: testcaseModuleOf(filePath) };
    return last.module;
  };
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
