import { flagOf, numberOf, textOf, textOrNull } from "../database/columns.ts";
import type { Database, Row } from "../database/database.ts";
import { passRateOf } from "../import/job-record.ts";
import { BEHAVIOURS } from "../trends/classify.ts";
import { readTrends } from "../trends/read-trends.ts";

export function listReleases(database: Database): object[] {
  const rows = database.all(`
    SELECT r.*, count(DISTINCT m.id) AS modules, count(j.id) AS jobs FROM releases r LEFT JOIN modules m ON m.release_id = r.id LEFT JOIN jobs j ON j.module_id = m.id
    GROUP BY r.id ORDER BY r.name`);
  return rows.map((row) => ({
    name: textOf(row, "name"),
    is_active: flagOf(row, "is_active"),
    jenkins_job_url: textOrNull(row, "jenkins_job_url"),
    last_processed_build: numberOf(row, "last_processed_build"),
    modules: numberOf(row, "modules"),
    jobs: numberOf(row, "jobs"),
  }));
}

/** null when there is no such release. */
export function listModules(database: Database, release: string): object[] | null {
  if (database.get("SELECT 1 AS found FROM releases WHERE name = :release", { release }) === undefined) return null;
  const rows = database.all(
    `SELECT m.name, count(j.id) AS jobs, max(coalesce(j.executed_at, j.created_at)) AS latest FROM modules m JOIN releases r ON r.id = m.release_id LEFT JOIN jobs j ON j.module_id = m.id
     WHERE r.name = :release GROUP BY m.id ORDER BY m.name`,
    { release },
  );
  return rows.map((row) => ({ name: textOf(row, "name"), jobs: numberOf(row, "jobs"), latest_at: textOrNull(row, "latest") }));
}

export const ALL_MODULES = "__all__";

const COUNTED = "j.import_state IN ('complete', 'partial', 'empty')";

/** Of one module by job, of all modules by parent build; newest first. null when there is nothing of that name. */
export function summarize(database: Database, release: string, module: string): object | null {
  const found = database.get("SELECT 1 AS found FROM modules m JOIN releases r ON r.id = m.release_id WHERE r.name = :release AND (:module = '__all__' OR m.name = :module)", {
    release,
    module,
  });
  if (found === undefined) return null;
  const builds = module === ALL_MODULES ? summarizeParents(database, release) : summarizeJobs(database, release, module);
  return { release, module, latest: builds[0] ?? null, builds };
}

function summarizeJobs(database: Database, release: string, module: string): object[] {
  return database
    .all(
      `SELECT j.* FROM jobs j JOIN modules m ON m.id = j.module_id JOIN releases r ON r.id = m.release_id
       WHERE r.name = :release AND m.name = :module AND ${COUNTED} ORDER BY coalesce(j.executed_at, j.created_at) DESC, j.id DESC`,
      { release, module },
    )
    .map(viewJob);
}

function summarizeParents(database: Database, release: string): object[] {
  const rows = database.all(
    `SELECT coalesce(j.parent_job_id, j.job_id) AS parent, count(*) AS modules, sum(j.total) AS total, sum(j.passed) AS passed, sum(j.failed) AS failed, sum(j.skipped) AS skipped,
       max(coalesce(j.executed_at, j.created_at)) AS at
     FROM jobs j JOIN modules m ON m.id = j.module_id JOIN releases r ON r.id = m.release_id
     WHERE r.name = :release AND ${COUNTED} GROUP BY parent ORDER BY at DESC, parent DESC`,
    { release },
  );
  return rows.map((row) => ({
    parent_job_id: textOf(row, "parent"),
    modules: numberOf(row, "modules"),
    total: numberOf(row, "total"),
    passed: numberOf(row, "passed"),
    failed: numberOf(row, "failed"),
    skipped: numberOf(row, "skipped"),
    pass_rate: passRateOf(numberOf(row, "passed"), numberOf(row, "total")),
    executed_at: textOrNull(row, "at"),
  }));
}

export function viewJob(row: Row): Record<string, unknown> {
  return {
    job_id: textOf(row, "job_id"),
    parent_job_id: textOrNull(row, "parent_job_id"),
    total: numberOf(row, "total"),
    passed: numberOf(row, "passed"),
    failed: numberOf(row, "failed"),
    skipped: numberOf(row, "skipped"),
    pass_rate: numberOf(row, "pass_rate"),
    jenkins_url: textOrNull(row, "jenkins_url"),
    version: textOrNull(row, "version"),
    executed_at: textOrNull(row, "executed_at"),
    downloaded_at: textOrNull(row, "downloaded_at"),
    created_at: textOf(row, "created_at"),
    environment: textOf(row, "environment"),
    import_state: textOf(row, "import_state"),
    cause: textOrNull(row, "cause"),
    unmatched_junit: numberOf(row, "unmatched_junit"),
  };
}

/** How many tests behave how, by module. */
export function summarizeBehaviours(database: Database, release: string): object | null {
  const modules = listModules(database, release);
  if (modules === null) return null;
  const trends = readTrends(database, { release, module: null, statuses: [], behaviours: [], priorities: [], topology: null, testcaseModule: null, search: null });
  const zero = (): Record<string, number> => Object.fromEntries(BEHAVIOURS.map((behaviour) => [behaviour, 0]));
  const total = zero();
  const byModule: Record<string, Record<string, number>> = Object.create(null);
  for (const trend of trends) {
    const counts = (byModule[trend.module] ??= zero());
    for (const behaviour of trend.behaviours) {
      counts[behaviour] = (counts[behaviour] ?? 0) + 1;
      total[behaviour] = (total[behaviour] ?? 0) + 1;
    }
  }
  return { release, tests: trends.length, total, modules: byModule };
}
