import { numberOf, textOf } from "../database/columns.ts";
import type { Database, Row } from "../database/database.ts";
import type { Status } from "../order/order-line.ts";
import { classify, type Behaviour } from "./classify.ts";

/** How many of the latest parent builds a trend looks at. */
export const WINDOW_BUILDS = 5;

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

// A job without a parent build stands for itself. Only whole imports count.
const SERIES = `
WITH visible AS (
  SELECT j.id, j.job_id AS job, m.name AS module, coalesce(j.parent_job_id, m.name || '/' || j.job_id) AS parent, coalesce(j.executed_at, j.created_at) AS at
  FROM jobs j JOIN modules m ON m.id = j.module_id JOIN releases r ON r.id = m.release_id
  WHERE r.name = :release AND (:module IS NULL OR m.name = :module) AND j.import_state IN ('complete', 'partial')
), latest AS (
  SELECT parent FROM visible GROUP BY parent ORDER BY max(at) DESC, parent DESC LIMIT ${WINDOW_BUILDS}
)
SELECT v.module, t.topology, t.file_path, t.class_name, t.test_name, t.occurrence, t.testcase_module,
  json_group_array(json_array(v.job, t.status, t.priority) ORDER BY v.at, v.id) AS series
FROM visible v JOIN test_results t ON t.job_id = v.id
WHERE v.parent IN (SELECT parent FROM latest) AND t.is_removed = 0
  AND (:topology IS NULL OR t.topology = :topology) AND (:testcaseModule IS NULL OR t.testcase_module = :testcaseModule)
  AND (:search IS NULL OR instr(lower(t.test_name), :search) > 0 OR instr(lower(t.file_path), :search) > 0)
GROUP BY v.module, t.topology, t.file_path, t.class_name, t.test_name, t.occurrence
ORDER BY 1, 2, 3, 4, 5, 6`;

/** Every test of the window with what its results say. Filters of one kind are ORed, the kinds are ANDed; a status is the latest one. */
export function readTrends(database: Database, filter: TrendFilter): Trend[] {
  const { release, module, topology, testcaseModule } = filter;
  const rows = database.all(SERIES, { release, module, topology, testcaseModule, search: filter.search?.toLowerCase() ?? null });
  return rows.map(decodeTrend).filter((trend) => matches(trend, filter));
}

function matches(trend: Trend, { statuses, behaviours, priorities }: TrendFilter): boolean {
  const latest = trend.results.at(-1)?.status;
  return (
    (statuses.length === 0 || (latest !== undefined && statuses.includes(latest))) &&
    (behaviours.length === 0 || trend.behaviours.some((behaviour) => behaviours.includes(behaviour))) &&
    (priorities.length === 0 || priorities.includes(trend.priority))
  );
}

function decodeTrend(row: Row): Trend {
  const module = textOf(row, "module");
  const series = JSON.parse(textOf(row, "series")) as [string, Status, string][];
  return {
    module,
    topology: textOf(row, "topology"),
    file_path: textOf(row, "file_path"),
    class_name: textOf(row, "class_name"),
    test_name: textOf(row, "test_name"),
    occurrence: numberOf(row, "occurrence"),
    priority: series.at(-1)?.[2] ?? "UNKNOWN",
    testcase_module: row["testcase_module"] === null ? null : textOf(row, "testcase_module"),
    behaviours: classify(series.map(([, status]) => status)),
    results: series.map(([job, status]) => ({ module, job, status })),
  };
}
