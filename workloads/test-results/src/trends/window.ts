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
  /** Null for a job that came without Jenkins. */
  readonly parent: string | null;
  readonly at: string;
}

/** All jobs of the latest parent builds, oldest first, by module. Only what was imported to its end counts. */
export async function readWindow(queries: Queries, release: string, module: string | null): Promise<Map<string, WindowJob[]>> {
  const { rows } = await sql<JobRow>`
    SELECT j.id AS key, j.job_id AS job, m.name AS module, j.parent_job_id AS parent, coalesce(j.executed_at, j.created_at) AS at
    FROM jobs j JOIN modules m ON m.id = j.module_id JOIN releases r ON r.id = m.release_id
    WHERE r.name = ${release} AND j.import_state IN ('complete', 'partial') ${module === null ? sql`` : sql`AND m.name = ${module}`}
    ORDER BY at, j.id`.execute(queries);
  return Map.groupBy(
    inWindow(rows).toSorted((a, b) => (a.module < b.module ? -1 : a.module > b.module ? 1 : 0)),
    (row) => row.module,
  );
}

/** Rows oldest first: those of the latest parent builds, and of what has no parent build the latest jobs of each module, which stand for themselves. Pure. */
export function inWindow<Row extends Pick<JobRow, "parent" | "module" | "job">>(rows: readonly Row[]): Row[] {
  const latest = latestNames(rows.flatMap(({ parent }) => parent ?? []));
  const alone = Map.groupBy(
    rows.filter(({ parent }) => parent === null),
    ({ module }) => module,
  );
  const latestAlone = new Map([...alone].map(([module, jobs]) => [module, latestNames(jobs.map(({ job }) => job))]));
  return rows.filter(({ parent, module, job }) => (parent === null ? latestAlone.get(module)?.has(job) === true : latest.has(parent)));
}

/** A name is as late as its last place. */
function latestNames(names: readonly string[]): Set<string> {
  return new Set([...new Set(names.toReversed())].slice(0, WINDOW_BUILDS));
}
