import { sql, type Selectable } from "kysely";
import type { Database, Queries, Tables } from "../database/database.ts";
import { passRateOf } from "../import/job-record.ts";
import { BEHAVIOURS } from "../trends/classify.ts";
import { readTrends } from "../trends/read-trends.ts";

export interface ReleaseView {
  readonly name: string;
  readonly is_active: boolean;
  readonly jenkins_job_url: string | null;
  readonly last_processed_build: number;
  readonly modules: number;
  readonly jobs: number;
}

export async function listReleases(queries: Queries): Promise<ReleaseView[]> {
  const rows = await queries
    .selectFrom("releases as r")
    .leftJoin("modules as m", "m.release_id", "r.id")
    .leftJoin("jobs as j", "j.module_id", "m.id")
    .select(["r.name", "r.is_active", "r.jenkins_job_url", "r.last_processed_build"])
    .select(({ fn }) => [fn.count<number>("m.id").distinct().as("modules"), fn.count<number>("j.id").as("jobs")])
    .groupBy("r.id")
    .orderBy("r.name")
    .execute();
  return rows.map((row) => Object.assign(row, { is_active: row.is_active !== 0 }));
}

export interface ModuleView {
  readonly name: string;
  readonly jobs: number;
  readonly latest_at: string | null;
}

/** null when there is no such release. */
export async function listModules(queries: Queries, release: string): Promise<ModuleView[] | null> {
  const found = await queries.selectFrom("releases").select("id").where("name", "=", release).executeTakeFirst();
  if (found === undefined) return null;
  return await queries
    .selectFrom("modules as m")
    .leftJoin("jobs as j", "j.module_id", "m.id")
    .select("m.name")
    .select(({ fn }) => [fn.count<number>("j.id").as("jobs"), sql<string | null>`max(coalesce(j.executed_at, j.created_at))`.as("latest_at")])
    .where("m.release_id", "=", found.id)
    .groupBy("m.id")
    .orderBy("m.name")
    .execute();
}

export const ALL_MODULES = "__all__";

/** Whether there is such a module, or for `__all__` any. */
export async function hasModule(queries: Queries, release: string, module: string): Promise<boolean> {
  const found = await queries
    .selectFrom("modules as m")
    .innerJoin("releases as r", "r.id", "m.release_id")
    .select("m.id")
    .where("r.name", "=", release)
    .$if(module !== ALL_MODULES, (query) => query.where("m.name", "=", module))
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** States whose numbers are known. */
const COUNTED = ["complete", "partial", "empty"] as const;

/** Of one module by job, of all modules by parent build; newest first. null when there is nothing of that name. */
export async function summarize(queries: Queries, release: string, module: string): Promise<object | null> {
  if (!(await hasModule(queries, release, module))) return null;
  const builds = module === ALL_MODULES ? await summarizeParents(queries, release) : await summarizeJobs(queries, release, module);
  return { release, module, latest: builds[0] ?? null, builds };
}

async function summarizeJobs(queries: Queries, release: string, module: string): Promise<object[]> {
  const rows = await queries
    .selectFrom("jobs as j")
    .innerJoin("modules as m", "m.id", "j.module_id")
    .innerJoin("releases as r", "r.id", "m.release_id")
    .selectAll("j")
    .where("r.name", "=", release)
    .where("m.name", "=", module)
    .where("j.import_state", "in", [...COUNTED])
    .orderBy(sql`coalesce(j.executed_at, j.created_at)`, "desc")
    .orderBy("j.id", "desc")
    .execute();
  return rows.map(viewJob);
}

async function summarizeParents(queries: Queries, release: string): Promise<object[]> {
  const parent = sql<string>`coalesce(j.parent_job_id, j.job_id)`;
  const at = sql<string>`max(coalesce(j.executed_at, j.created_at))`;
  const rows = await queries
    .selectFrom("jobs as j")
    .innerJoin("modules as m", "m.id", "j.module_id")
    .innerJoin("releases as r", "r.id", "m.release_id")
    .select(parent.as("parent_job_id"))
    .select(({ fn }) => [
      fn.countAll<number>().as("modules"),
      fn.sum<number>("j.total").as("total"),
      fn.sum<number>("j.passed").as("passed"),
      fn.sum<number>("j.failed").as("failed"),
      fn.sum<number>("j.skipped").as("skipped"),
      at.as("executed_at"),
    ])
    .where("r.name", "=", release)
    .where("j.import_state", "in", [...COUNTED])
    .groupBy(parent)
    .orderBy(at, "desc")
    .orderBy(parent, "desc")
    .execute();
  return rows.map((row) => Object.assign(row, { pass_rate: passRateOf(row.passed, row.total) }));
}

export interface ModuleCounts {
  readonly release: string;
  readonly module: string;
  readonly jobs: number;
  readonly complete: number;
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What is in the database, by release and module. */
export async function countByModule(queries: Queries): Promise<ModuleCounts[]> {
  return await queries
    .selectFrom("jobs as j")
    .innerJoin("modules as m", "m.id", "j.module_id")
    .innerJoin("releases as r", "r.id", "m.release_id")
    .select(["r.name as release", "m.name as module"])
    .select(({ fn }) => [
      fn.countAll<number>().as("jobs"),
      sql<number>`sum(CASE WHEN j.import_state IN ('complete', 'empty') THEN 1 ELSE 0 END)`.as("complete"),
      fn.sum<number>("j.total").as("total"),
      fn.sum<number>("j.passed").as("passed"),
      fn.sum<number>("j.failed").as("failed"),
      fn.sum<number>("j.skipped").as("skipped"),
    ])
    .groupBy(["r.name", "m.name"])
    .orderBy("r.name")
    .orderBy("m.name")
    .execute();
}

export function viewJob(row: Selectable<Tables["jobs"]>): object {
  return {
    job_id: row.job_id,
    parent_job_id: row.parent_job_id,
    total: row.total,
    passed: row.passed,
    failed: row.failed,
    skipped: row.skipped,
    pass_rate: row.pass_rate,
    jenkins_url: row.jenkins_url,
    version: row.version,
    executed_at: row.executed_at,
    downloaded_at: row.downloaded_at,
    created_at: row.created_at,
    environment: row.environment,
    import_state: row.import_state,
    cause: row.cause,
    unmatched_junit: row.unmatched_junit,
  };
}

/** How many tests behave how, by module. */
export async function summarizeBehaviours(database: Database, release: string): Promise<object | null> {
  if ((await listModules(database.read, release)) === null) return null;
  const zero = (): Record<string, number> => Object.fromEntries(BEHAVIOURS.map((behaviour) => [behaviour, 0]));
  const total = zero();
  const byModule: Record<string, Record<string, number>> = Object.create(null);
  let tests = 0;
  const filter = { release, module: null, statuses: [], behaviours: [], priorities: [], topology: null, testcaseModule: null, search: null };
  for await (const trend of readTrends(database, filter)) {
    tests += 1;
    const counts = (byModule[trend.module] ??= zero());
    for (const behaviour of trend.behaviours) {
      counts[behaviour] = (counts[behaviour] ?? 0) + 1;
      total[behaviour] = (total[behaviour] ?? 0) + 1;
    }
  }
  return { release, tests, total, modules: byModule };
}
