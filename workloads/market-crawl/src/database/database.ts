import { openDatabase as open, type Database as LayerDatabase, type Queries as LayerQueries, type Write as LayerWrite } from "workload-database";
import type { Settings } from "../settings.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { Tables } from "./tables.ts";

export { classifyDatabaseError, DatabaseError, isContention } from "workload-database";
export type { MarketsTable, Tables } from "./tables.ts";

export type Database = LayerDatabase<Tables>;
export type Queries = LayerQueries<Tables>;
/** An open transaction. */
export type Write = LayerWrite<Tables>;

/** Opens it, making or migrating its tables. @throws DatabaseError when a newer version wrote it. */
export async function openDatabase(settings: Pick<Settings, "databasePath" | "databaseBusyMs">): Promise<Database> {
  return await open<Tables>({ url: settings.databasePath, application: "market_crawl", migrations: MIGRATIONS, busyMs: settings.databaseBusyMs });
}
