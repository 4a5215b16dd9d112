import { sql } from "kysely";
import type { Dialect } from "workload-database";
import type { Queries } from "../database/database.ts";

export interface Known {
  readonly priority: string;
  readonly isRemoved: number;
}

export const UNKNOWN: Known = { priority: "UNKNOWN", isRemoved: 0 };

/** Whether there is any metadata that could concern this release: where there is none, nothing is looked up. */
export async function hasMetadata(queries: Queries, releaseKey: number): Promise<boolean> {
  const found = await queries
    .selectFrom("testcase_metadata")
    .select("id")
    .where((each) => each.or([each("release_id", "is", null), each("release_id", "=", releaseKey)]))
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** What is known about these tests, by name: member by member the release's own before the global. One query. */
export async function lookUpMetadata(
  queries: Queries,
  target: { readonly releaseKey: number; readonly dialect: Dialect },
  names: ReadonlySet<string>,
): Promise<Map<string, Known>> {
  const rows = await queries
    .selectFrom("testcase_metadata")
    .select(["testcase_name", "release_id", "priority", "is_removed"])
    .where(target.dialect.isOneOf(sql.ref("testcase_name"), [...names]))
    .where((each) => each.or([each("release_id", "is", null), each("release_id", "=", target.releaseKey)]))
    .execute();
  const known = new Map<string, Known>();
  for (const row of rows.toSorted((a, b) => Number(a.release_id !== null) - Number(b.release_id !== null))) {
    const before = known.get(row.testcase_name) ?? UNKNOWN;
    known.set(row.testcase_name, { priority: row.priority ?? before.priority, isRemoved: row.is_removed });
  }
  return known;
}
