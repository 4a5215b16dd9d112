import { sql, type Expression, type ExpressionBuilder, type SqlBool } from "kysely";
import { insertRows } from "workload-database";
import type { Database, Tables } from "./database/database.ts";
import { WorkError } from "./errors.ts";
import { ensureRelease } from "./import/job-record.ts";

export interface MetadataEntry {
  readonly name: string;
  readonly priority: string | null;
  readonly topology: string | null;
}

/** A CSV with a header line; the columns name, priority and topology in any order, others are ignored. @throws WorkError `usage` */
export function readMetadataCsv(text: string): MetadataEntry[] {
  const [header, ...rows] = parseCsv(text.replace(/^\uFEFF/, ""));
  const columns = (header ?? []).map((name) => name.trim().toLowerCase());
  const at = { name: columns.indexOf("name"), priority: columns.indexOf("priority"), topology: columns.indexOf("topology") };
  if (at.name === -1) throw new WorkError("usage", "the CSV has no column called name");
  const value = (row: readonly string[], index: number): string | null => row[index]?.trim() || null;
  return rows.flatMap((row) => {
    const name = value(row, at.name);
    return name === null ? [] : [{ name, priority: value(row, at.priority), topology: value(row, at.topology) }];
  });
}

function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  for (const match of text.matchAll(field)) {
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "") break;
    if (match[3] !== ",") rows.push([]);
  }
  return rows.filter((row) => row.some((each) => each !== ""));
}

/** Of one release, or global when release is null. */
export async function storeMetadata(database: Database, entries: readonly MetadataEntry[], release: string | null): Promise<void> {
  const distinct = [...new Map(entries.map((entry) => [entry.name, entry])).values()];
  await database.write(async (transaction) => {
    const releaseKey = release === null ? null : await ensureRelease(transaction, release);
    const names = database.dialect.isOneOf(
      sql.ref("testcase_name"),
      distinct.map(({ name }) => name),
    );
    const isRelease = (each: ExpressionBuilder<Tables, "testcase_metadata">): Expression<SqlBool> => each("release_id", releaseKey === null ? "is" : "=", releaseKey);
    const removed = await transaction.selectFrom("testcase_metadata").select("testcase_name").where(names).where(isRelease).where("is_removed", "=", 1).execute();
    const isRemoved = new Set(removed.map((row) => row.testcase_name));
    await transaction.deleteFrom("testcase_metadata").where(names).where(isRelease).execute();
    await insertRows(transaction, {
      table: "testcase_metadata",
      columns: { release_id: "bigint", testcase_name: "text", priority: "text", topology: "text", is_removed: "integer" },
      rows: distinct.map(({ name, priority, topology }) => [releaseKey, name, priority, topology, Number(isRemoved.has(name))]),
    });
  });
}
