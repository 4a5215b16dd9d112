import { flagOf, numberOf, numberOrNull, textOf, textOrNull } from "../database/columns.ts";
import type { Database, Row } from "../database/database.ts";
import { viewJob } from "./dashboard.ts";

export interface TestFilter {
  readonly statuses: readonly string[];
  readonly priorities: readonly string[];
  readonly topology: string | null;
  readonly testcaseModule: string | null;
  readonly search: string | null;
  readonly skip: number;
  readonly limit: number;
}

const JOBS = "FROM jobs j JOIN modules m ON m.id = j.module_id JOIN releases r ON r.id = m.release_id WHERE r.name = :release AND m.name = :module";

/** null when there is no such module. */
export function listJobs(database: Database, release: string, module: string, page: { readonly skip: number; readonly limit: number }): object[] | null {
  const found = database.get("SELECT 1 AS found FROM modules m JOIN releases r ON r.id = m.release_id WHERE r.name = :release AND m.name = :module", { release, module });
  if (found === undefined) return null;
  return database.all(`SELECT j.* ${JOBS} ORDER BY coalesce(j.executed_at, j.created_at) DESC, j.id DESC LIMIT :limit OFFSET :skip`, { release, module, ...page }).map(viewJob);
}

export interface JobName {
  readonly release: string;
  readonly module: string;
  readonly job: string;
}

export function showJob(database: Database, name: JobName): object | null {
  const row = database.get(`SELECT j.* ${JOBS} AND j.job_id = :job`, { ...name });
  if (row === undefined) return null;
  const imports = database.all("SELECT * FROM imports WHERE job_id = :job ORDER BY id DESC LIMIT 20", { job: numberOf(row, "id") });
  return { id: numberOf(row, "id"), ...viewJob(row), imports: imports.map(viewImport) };
}

function viewImport(row: Row): object {
  return {
    id: numberOf(row, "id"),
    step: textOf(row, "step"),
    started_at: textOf(row, "started_at"),
    finished_at: textOrNull(row, "finished_at"),
    parsed: numberOf(row, "parsed"),
    written: numberOf(row, "written"),
    bytes: numberOf(row, "bytes"),
    memory_peak_mb: numberOf(row, "memory_peak_mb"),
    error: textOrNull(row, "error"),
  };
}

const MATCHING = `
FROM test_results t WHERE t.job_id = :job
  AND (:statuses = '[]' OR t.status IN (SELECT value FROM json_each(:statuses)))
  AND (:priorities = '[]' OR t.priority IN (SELECT value FROM json_each(:priorities)))
  AND (:topology IS NULL OR t.topology = :topology)
  AND (:testcaseModule IS NULL OR t.testcase_module = :testcaseModule)
  AND (:search IS NULL OR instr(lower(t.test_name), :search) > 0 OR instr(lower(t.class_name), :search) > 0 OR instr(lower(t.file_path), :search) > 0)`;

/** The tests of one job, in the order of the job. null when there is no such job. */
export function listTests(database: Database, name: JobName, filter: TestFilter): object | null {
  const row = database.get(`SELECT j.id, j.import_state ${JOBS} AND j.job_id = :job`, { ...name });
  if (row === undefined) return null;
  const values = {
    job: numberOf(row, "id"),
    statuses: JSON.stringify(filter.statuses),
    priorities: JSON.stringify(filter.priorities),
    topology: filter.topology,
    testcaseModule: filter.testcaseModule,
    search: filter.search?.toLowerCase() ?? null,
  };
  const count = database.get(`SELECT count(*) AS count ${MATCHING}`, values);
  const tests = database.all(`SELECT t.* ${MATCHING} ORDER BY t.topology, t.order_index, t.id LIMIT :limit OFFSET :skip`, { ...values, limit: filter.limit, skip: filter.skip });
  return {
    import_state: textOf(row, "import_state"),
    total: count === undefined ? 0 : numberOf(count, "count"),
    skip: filter.skip,
    limit: filter.limit,
    tests: tests.map(viewTest),
  };
}

function viewTest(row: Row): object {
  return {
    topology: textOf(row, "topology"),
    file_path: textOf(row, "file_path"),
    class_name: textOf(row, "class_name"),
    test_name: textOf(row, "test_name"),
    occurrence: numberOf(row, "occurrence"),
    status: textOf(row, "status"),
    setup_ip: textOrNull(row, "setup_ip"),
    order_index: numberOf(row, "order_index"),
    duration: numberOrNull(row, "duration"),
    was_rerun: flagOf(row, "was_rerun"),
    rerun_still_failed: flagOf(row, "rerun_still_failed"),
    failure_message: textOrNull(row, "failure_message"),
    priority: textOf(row, "priority"),
    is_removed: flagOf(row, "is_removed"),
    testcase_module: textOrNull(row, "testcase_module"),
  };
}
