import { sql, type Expression, type ExpressionBuilder, type SqlBool, type Selectable } from "kysely";
import type { Dialect } from "workload-database";
import type { Database, Queries, Tables } from "../database/database.ts";
import type { JobName } from "../import/job-record.ts";
import { hasModule, viewJob } from "./dashboard.ts";

export interface TestFilter {
  readonly statuses: readonly string[];
  readonly priorities: readonly string[];
  readonly topology: string | null;
  readonly testcaseModule: string | null;
  readonly search: string | null;
  readonly skip: number;
  readonly limit: number;
}

/** null when there is no such module. */
export async function listJobs(queries: Queries, release: string, module: string, page: { readonly skip: number; readonly limit: number }): Promise<object[] | null> {
  if (!(await hasModule(queries, release, module))) return null;
  const rows = await jobsOf(queries, release, module)
    .orderBy(sql`coalesce(j.executed_at, j.created_at)`, "desc")
    .orderBy("j.id", "desc")
    .limit(page.limit)
    .offset(page.skip)
    .execute();
  return rows.map(viewJob);
}

function jobsOf(queries: Queries, release: string, module: string) {
  return queries
    .selectFrom("jobs as j")
    .innerJoin("modules as m", "m.id", "j.module_id")
    .innerJoin("releases as r", "r.id", "m.release_id")
    .selectAll("j")
    .where("r.name", "=", release)
    .where("m.name", "=", module);
}

export async function showJob(queries: Queries, { release, module, job }: JobName): Promise<object | null> {
  const row = await jobsOf(queries, release, module).where("j.job_id", "=", job).executeTakeFirst();
  if (row === undefined) return null;
  const imports = await queries
    .selectFrom("imports")
    .select(["id", "step", "started_at", "finished_at", "parsed", "written", "bytes", "memory_peak_mb", "error"])
    .where("job_id", "=", row.id)
    .orderBy("id", "desc")
    .limit(20)
    .execute();
  return { id: row.id, ...viewJob(row), imports };
}

/** The tests of one job, in the order of the job. null when there is no such job. */
export async function listTests({ read, dialect }: Database, { release, module, job }: JobName, filter: TestFilter): Promise<object | null> {
  const row = await jobsOf(read, release, module).where("j.job_id", "=", job).executeTakeFirst();
  if (row === undefined) return null;
  const matching = read.selectFrom("test_results as t").where("t.job_id", "=", row.id).where(matches(filter, dialect));
  const { count } = await matching.select(({ fn }) => fn.countAll<number>().as("count")).executeTakeFirstOrThrow();
  const tests = await matching.selectAll("t").orderBy("t.topology").orderBy("t.order_index").orderBy("t.id").limit(filter.limit).offset(filter.skip).execute();
  return { import_state: row.import_state, total: count, skip: filter.skip, limit: filter.limit, tests: tests.map(viewTest) };
}

type Tests = ExpressionBuilder<Tables & { t: Tables["test_results"] }, "t">;

/** Values of one kind are ORed, the kinds are ANDed; a search is a part of name, class or file, in any case. */
function matches(filter: TestFilter, dialect: Dialect): (each: Tests) => Expression<SqlBool> {
  const { statuses, priorities, topology, testcaseModule, search } = filter;
  return (each) => {
    const all: Expression<SqlBool>[] = [];
    if (statuses.length > 0) all.push(each("t.status", "in", [...statuses]));
    if (priorities.length > 0) all.push(each("t.priority", "in", [...priorities]));
    if (topology !== null) all.push(each("t.topology", "=", topology));
    if (testcaseModule !== null) all.push(each("t.testcase_module", "=", testcaseModule));
    if (search !== null) all.push(containsAny(dialect, ["t.test_name", "t.class_name", "t.file_path"], search));
    return each.and(all);
  };
}

export function containsAny(dialect: Dialect, columns: readonly string[], search: string): Expression<SqlBool> {
  const found = columns.map((column) => dialect.contains(sql`lower(${sql.ref(column)})`, search.toLowerCase()));
  return sql<SqlBool>`(${sql.join(found, sql` OR `)})`;
}

function viewTest(row: Selectable<Tables["test_results"]>): object {
  return {
    topology: row.topology,
    file_path: row.file_path,
    class_name: row.class_name,
    test_name: row.test_name,
    occurrence: row.occurrence,
    status: row.status,
    setup_ip: row.setup_ip,
    order_index: row.order_index,
    duration: row.duration,
    was_rerun: row.was_rerun !== 0,
    rerun_still_failed: row.rerun_still_failed !== 0,
    failure_message: row.failure_message,
    priority: row.priority,
    is_removed: row.is_removed !== 0,
    testcase_module: row.testcase_module,
  };
}
