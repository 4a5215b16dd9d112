import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { openDatabase, type Database as AnyDatabase, type Write as AnyWrite } from "workload-database";
import { MIGRATIONS } from "./migrations.ts";
import type { Tables } from "./tables.ts";

export type Database = AnyDatabase<Tables>;
export type Write = AnyWrite<Tables>;

/** @param url file of SQLite, or postgres://… */
export async function openSnapshots(url: string, options: { readonly busyMs: number; readonly connections?: number }): Promise<Database> {
  if (!url.includes("://")) await mkdir(dirname(url), { recursive: true });
  return await openDatabase<Tables>({ url, application: "snapshot_etl", migrations: MIGRATIONS, ...options });
}
