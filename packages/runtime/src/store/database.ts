import { DatabaseSync } from "node:sqlite";
import { statSync } from "node:fs";
import { CofferdamError } from "../model/index.ts";
import { integer, text } from "./codec.ts";
import { sqliteCode, toCofferdamError } from "./failure.ts";
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from "./schema.ts";

/** Up to this size the whole file is checked at every open (about 0.1 s); a larger one would hold up the start for too long. */
const CHECKED_BYTES_MAX = 64 * 1024 * 1024;

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  readonly schemaVersion: number;
  readonly journalMode: string;
}

/**
 * Opens the file for writing and brings it to our schema. What is not ours, damaged or newer is refused before a byte is written.
 * @throws CofferdamError `database_corrupt`, `database_newer`, `store_full`, `store_failed`.
 */
export function openForWriting(file: string): OpenedDatabase {
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    const version = inspect(database, file);
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 67108864;",
    );
    migrate(database, version);
    return { database, schemaVersion: SCHEMA_VERSION, journalMode: text(database.prepare("PRAGMA journal_mode").get()?.["journal_mode"]) };
  } catch (error) {
    database.close();
    throw nameFile(error, file);
  }
}

export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  database.exec("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000; PRAGMA query_only = 1;");
  return database;
}

/** Only reads. Returns the schema version that the file has; 0 for an empty one. */
function inspect(database: DatabaseSync, file: string): number {
  const application = integer(database.prepare("PRAGMA application_id").get()?.["application_id"]);
  const version = integer(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  const tables = integer(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.["tables"]);
  if (application === 0 && version === 0 && tables === 0) return 0;
  if (application !== APPLICATION_ID) {
    throw new CofferdamError("database_corrupt", `${file} is a SQLite database, but not one of Cofferdam's`, {
      hint: "Choose another data directory; this file was left as it is.",
    });
  }
  if (version > SCHEMA_VERSION) {
    throw new CofferdamError("database_newer", `${file} has schema ${version}; this version knows schemas up to ${SCHEMA_VERSION}`, {
      hint: "Start the newer version again, or choose another data directory; this file was left as it is.",
    });
  }
  if (statSync(file).size <= CHECKED_BYTES_MAX) quickCheck(database, file);
  return version;
}

function quickCheck(database: DatabaseSync, file: string): void {
  const found = text(database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"]);
  if (found !== "ok") {
    throw new CofferdamError("database_corrupt", `${file} is damaged: ${found}`, { hint: "Restore the last backup, or move the file away to begin anew; it was left as it is." });
  }
}

function migrate(database: DatabaseSync, version: number): void {
  if (version === SCHEMA_VERSION) return;
  database.exec("BEGIN IMMEDIATE");
  for (const step of MIGRATIONS.slice(version)) database.exec(step);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

function nameFile(error: unknown, file: string): CofferdamError {
  const code = sqliteCode(error);
  if (code !== null && [11, 26].includes(code & 0xff)) {
    return new CofferdamError("database_corrupt", `${file} is damaged or not a database: ${error instanceof Error ? error.message : String(error)}`, {
      hint: "Restore the last backup, or move the file away to begin anew; it was left as it is.",
      cause: error,
    });
  }
  return toCofferdamError(error);
}
