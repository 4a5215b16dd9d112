import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Status } from "../order/order-line.ts";
import { containsAny } from "../query/tests.ts";
import { classify, type Behaviour } from "./classify.ts";
import { readWindow, type WindowJob } from "./window.ts";

export interface TrendFilter {
  readonly release: string;
  /** null: all modules. */
  readonly module: string | null;
  readonly statuses: readonly Status[];
  readonly behaviours: readonly Behaviour[];
  readonly priorities: readonly string[];
  readonly topology: string | null;
  readonly testcaseModule: string | null;
  readonly search: string | null;
}

export interface Trend {
  readonly module: string;
  readonly topology: string;
  readonly file_path: string;
  readonly class_name: string;
  readonly test_name: string;
  readonly occurrence: number;
  readonly priority: string;
  readonly testcase_module: string | null;
  readonly behaviours: readonly Behaviour[];
  /** Oldest first, keyed by module and job. */
  readonly results: readonly { readonly module: string; readonly job: string; readonly status: Status }[];
}

/**
 * Every test of the window with what its results say, module by module. Filters of one kind are ORed, the kinds are ANDed; a status is the latest one.
 * @example for await (const trend of readTrends(database, { release: "6.1", module: null, behaviours: ["regression"], … })) { … }
 */
export async function* readTrends(database: Database, filter: TrendFilter): AsyncGenerator<Trend> {
  for (const [module, jobs] of await readWindow(database.read, filter.release, filter.module)) {
    for (const row of await readSeries(database, filter, jobs)) {
      const trend = decodeTrend(module, jobs, row);
      if (matches(trend, filter)) yield trend;
    }
  }
}

export async function listTrends(database: Database, filter: TrendFilter): Promise<Trend[]> {
  const trends: Trend[] = [];
  for await (const trend of readTrends(database, filter)) trends.push(trend);
  return trends;
}

interface SeriesRow {
  readonly topology: string;
  readonly file_path: string;
  readonly class_name: string;
  readonly test_name: string;
  readonly occurrence: number;
  readonly testcase_module: string | null;
  /** Places of the jobs in the window, first letters of the statuses, priorities: oldest first. */
  readonly places: string;
  readonly letters: string;
  readonly priorities: string;
}

async function readSeries({ read, dialect }: Database, filter: TrendFilter, jobs: readonly WindowJob[]): Promise<SeriesRow[]> {
  const places = sql.join(jobs.map(({ key }, place) => sql`(CAST(${key} AS bigint), CAST(${place} AS integer))`));
  const conditions = [
    sql`t.is_removed = 0`,
    ...(filter.topology === null ? [] : [sql`t.topology = ${filter.topology}`]),
    ...(filter.testcaseModule === null ? [] : [sql`t.testcase_module = ${filter.testcaseModule}`]),
    ...(filter.search === null ? [] : [containsAny(dialect, ["t.test_name", "t.file_path"], filter.search)]),
  ];
  const { rows } = await sql<SeriesRow>`
    WITH w(id, place) AS (VALUES ${places})
    SELECT t.topology, t.file_path, t.class_name, t.test_name, t.occurrence, t.testcase_module,
      string_agg(CAST(w.place AS text), ',' ORDER BY w.place) AS places,
      string_agg(substr(t.status, 1, 1), '' ORDER BY w.place) AS letters,
      string_agg(t.priority, ',' ORDER BY w.place) AS priorities
    FROM w JOIN test_results t ON t.job_id = w.id
    WHERE ${sql.join(conditions, sql` AND `)}
    GROUP BY t.topology, t.file_path, t.class_name, t.test_name, t.occurrence, t.testcase_module
    ORDER BY 1, 2, 3, 4, 5`.execute(read);
  return rows;
}

function matches(trend: Trend, { statuses, behaviours, priorities }: TrendFilter): boolean {
  const latest = trend.results.at(-1)?.status;
  return (
    (statuses.length === 0 || (latest !== undefined && statuses.includes(latest))) &&
    (behaviours.length === 0 || trend.behaviours.some((behaviour) => behaviours.includes(behaviour))) &&
    (priorities.length === 0 || priorities.includes(trend.priority))
  );
}

const STATUSES: Readonly<Record<string, Status>> = { P: "PASSED", F: "FAILED", S: "SKIPPED" };

function decodeTrend(module: string, jobs: readonly WindowJob[], row: SeriesRow): Trend {
  const { places, letters, priorities, ...key } = row;
  const statuses = [...letters].map((letter): Status => STATUSES[letter] ?? "SKIPPED");
  return {
    module,
    ...key,
    priority: priorities.split(",").at(-1) ?? "UNKNOWN",
    behaviours: classify(statuses),
    results: places.split(",").map((place, index) => ({ module, job: jobs[Number(place)]?.job ?? "", status: statuses[index] ?? "SKIPPED" })),
  };
}
