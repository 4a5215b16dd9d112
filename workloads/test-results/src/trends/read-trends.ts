import type { Database } from "../database/database.ts";
import type { Status } from "../order/order-line.ts";
import { classify, type Behaviour } from "./classify.ts";
import { readSeries, type JobResult } from "./read-series.ts";
import { readWindow } from "./window.ts";

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
 * Every test of the window with what its results say, module by module and in the order of their names. Filters of one kind are ORed, the kinds are ANDed; a status is the latest one.
 * Memory does not grow with the number of tests, and no query is long: others are answered in between.
 * @example for await (const trend of readTrends(database, { release: "6.1", module: null, behaviours: ["regression"], … })) { … }
 */
export async function* readTrends(database: Database, filter: TrendFilter): AsyncGenerator<Trend> {
  for (const [module, jobs] of await readWindow(database.read, filter.release, filter.module)) {
    for await (const results of readSeries(database, filter, jobs)) {
      const trend = toTrend(module, results);
      if (matches(trend, filter)) yield trend;
    }
  }
}

export async function listTrends(database: Database, filter: TrendFilter): Promise<Trend[]> {
  const trends: Trend[] = [];
  for await (const trend of readTrends(database, filter)) trends.push(trend);
  return trends;
}

function matches(trend: Trend, { statuses, behaviours, priorities }: TrendFilter): boolean {
  const latest = trend.results.at(-1)?.status;
  return (
    (statuses.length === 0 || (latest !== undefined && statuses.includes(latest))) &&
    (behaviours.length === 0 || trend.behaviours.some((behaviour) => behaviours.includes(behaviour))) &&
    (priorities.length === 0 || priorities.includes(trend.priority))
  );
}

/** Results of one test, oldest first. */
function toTrend(module: string, results: readonly JobResult[]): Trend {
  const latest = results.at(-1);
  if (latest === undefined) throw new TypeError("a test without results is none");
  const { topology, file_path, class_name, test_name, occurrence, testcase_module, priority } = latest.row;
  return {
    module,
    topology,
    file_path,
    class_name,
    test_name,
    occurrence,
    testcase_module,
    priority,
    behaviours: classify(results.map(({ row }) => row.status)),
    results: results.map(({ job, row }) => ({ module, job, status: row.status })),
  };
}
