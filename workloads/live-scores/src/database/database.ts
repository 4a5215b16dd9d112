import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { openDatabase as open, type Database as LayerDatabase, type Write as LayerWrite } from "workload-database";
import { MIGRATIONS } from "./migrations.ts";
import type { Tables } from "./tables.ts";

export type Database = LayerDatabase<Tables>;
/** An open transaction. */
export type Write = LayerWrite<Tables>;

/** Opens it, making or migrating its tables. @throws DatabaseError when a newer version wrote it. */
export async function openDatabase(path: string): Promise<Database> {
  mkdirSync(dirname(path), { recursive: true });
  return await open<Tables>({ url: path, application: "live_scores", migrations: MIGRATIONS });
}
