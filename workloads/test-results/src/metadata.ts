import type { Database } from "./database/database.ts";
import { WorkError } from "./errors.ts";

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

const STORE = `
INSERT INTO testcase_metadata (release_id, testcase_name, priority, topology)
SELECT (SELECT id FROM releases WHERE name = :release), value ->> 0, value ->> 1, value ->> 2 FROM json_each(:rows) WHERE true
ON CONFLICT (testcase_name, coalesce(release_id, 0)) DO UPDATE SET priority = excluded.priority, topology = excluded.topology`;

/** Of one release, or global when release is null. */
export async function storeMetadata(database: Database, entries: readonly MetadataEntry[], release: string | null): Promise<void> {
  await database.write((writer) => {
    if (release !== null) writer.run("INSERT INTO releases (name) VALUES (:release) ON CONFLICT DO NOTHING", { release });
    writer.run(STORE, { release, rows: JSON.stringify(entries.map(({ name, priority, topology }) => [name, priority, topology])) });
  });
}
