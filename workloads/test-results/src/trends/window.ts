import { sql } from "kysely";
import type { Queries } from "../database/database.ts";

/** How many of the latest parent builds a trend looks at. */
export const WINDOW_BUILDS = 5;

export interface WindowJob {
  readonly key: number;
  readonly job: string;
  readonly module: string;
}

interface JobRow extends WindowJob {
  readonly parent: string;
  readonly at: string;
}

/** All jobs of the latest parent builds, oldest first, by module. A job without a parent build stands for itself. Only what was imported to its end counts. */
export async function readWindow(queries: Queries, release: string, module: string | null): Promise<Map<string, WindowJob[]>> {
  const { rows } = await sql<JobRow>`
    SELECT j.id AS key, j.job_id AS job, m.name AS module, coalesce(j.parent_job_id, m.name || '/' || j.job_id) AS parent, coalesce(j.executed_at, j.created_at) AS at
    FROM jobs j JOIN modules m ON m.id = j.module_id JOIN releases r ON r.id = m.release_id
    WHERE r.name = ${release} AND j.import_state IN ('complete', 'partial') ${module === null ? sql`` : sql`AND m.name = ${module}`}
    ORDER BY at, j.id`.execute(queries);
  const latest = latestParents(rows);
  return Map.groupBy(
    rows.filter(({ parent }) => latest.has(parent)).toSorted((a, b) => (a.module < b.module ? -1 : a.module > b.module ? 1 : 0)),
    (row) => row.module,
  );
}

/** By the time of their latest job. Pure. */
export function latestParents(rows: readonly Pick<JobRow, "parent" | "at">[]): Set<string> {
  const times = new Map<string, string>();
  for (const { parent, at } of rows) if (at > (times.get(parent) ?? "")) times.set(parent, at);
  const newestFirst = [...times].toSorted(([parentA, a], [parentB, b]) => (a < b || (a === b && parentA < parentB) ? 1 : -1));
  return new Set(newestFirst.slice(0, WINDOW_BUILDS).map(([parent]) => parent));
}
