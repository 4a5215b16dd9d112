import { openDatabase as open, type Database as LayerDatabase, type Queries as LayerQueries, type Write as LayerWrite } from "workload-database";
import type { Settings } from "../settings.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { Tables } from "./tables.ts";

export { DatabaseError, isContention } from "workload-database";
export type { Tables } from "./tables.ts";

/** The workload's database, SQLite or PostgreSQL. */
export type Database = LayerDatabase<Tables>;
/** What reads; both a database's `read` and an open transaction do. */
export type Queries = Pick<LayerQueries<Tables>, "selectFrom" | "with" | "fn" | "getExecutor" | "executeQuery">;
/** An open transaction. */
export type Write = LayerWrite<Tables>;

/** Opens it, making or migrating its tables. `DATABASE_URL` goes before `DB_PATH`. @throws DatabaseError when a newer version wrote it. */
export async function openDatabase(settings: Pick<Settings, "databasePath" | "databaseUrl" | "databaseBusyMs">): Promise<Database> {
  return await open<Tables>({ url: settings.databaseUrl ?? settings.databasePath, application: "test_results", migrations: MIGRATIONS, busyMs: settings.databaseBusyMs });
}
