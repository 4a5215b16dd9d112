import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { SCHEMA, SCHEMA_VERSION } from "./schema.ts";

export type Row = Readonly<Record<string, SQLOutputValue>>;
export type Values = Readonly<Record<string, SQLInputValue>>;

/** The workload's database. Reads see committed rows only; writes go through `write`, one short transaction each. */
export interface Database {
  all(sql: string, values?: Values): Row[];
  get(sql: string, values?: Values): Row | undefined;
  /**
   * One transaction. While another process holds the write lock it waits without blocking this thread, at most `busyMs`;
   * then the error of SQLite itself is thrown, so that the runtime names it lock-contention. `work` may run more than once.
   */
  write<Result>(work: (statements: Writer) => Result, waiting?: () => void): Promise<Result>;
  journalMode(): string;
  close(): void;
}

export interface Writer {
  run(sql: string, values?: Values): { readonly changes: number; readonly lastId: number };
  all(sql: string, values?: Values): Row[];
  get(sql: string, values?: Values): Row | undefined;
}

export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
}

/** Opens the file, creating it and its tables when they are not there. @throws DatabaseError when a newer version wrote it. */
export async function openDatabase(path: string, options: { readonly busyMs: number }): Promise<Database> {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
  const connection = new DatabaseSync(path, { timeout: 20 });
  try {
    const database = wrap(connection, options.busyMs);
    await retryWhileBusy(options.busyMs, () =>
      connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = FILE; PRAGMA cache_size = -8000"),
    );
    await migrate(database, path);
    return database;
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function migrate(database: Database, path: string): Promise<void> {
  const version = Number(database.get("PRAGMA user_version")?.["user_version"] ?? 0);
  if (version > SCHEMA_VERSION) throw new DatabaseError(`${path} was written by a newer version (schema ${version}, known ${SCHEMA_VERSION}); it is left as it is`);
  if (version === SCHEMA_VERSION) return;
  await database.write((writer) => {
    if (Number(writer.get("PRAGMA user_version")?.["user_version"] ?? 0) === SCHEMA_VERSION) return;
    for (const statement of SCHEMA.split(";\n")) if (statement.trim() !== "") writer.run(statement);
    writer.run(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

function wrap(connection: DatabaseSync, busyMs: number): Database {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const fresh = connection.prepare(sql);
    if (prepared.size < 200) prepared.set(sql, fresh);
    return fresh;
  };
  const writer: Writer = {
    run(sql, values = {}) {
      const result = statement(sql).run(values);
      return { changes: Number(result.changes), lastId: Number(result.lastInsertRowid) };
    },
    all: (sql, values = {}) => statement(sql).all(values),
    get: (sql, values = {}) => statement(sql).get(values),
  };
  return {
    all: writer.all,
    get: writer.get,
    write: (work, waiting) =>
      retryWhileBusy(
        busyMs,
        () => {
          connection.exec("BEGIN IMMEDIATE");
          try {
            const result = work(writer);
            connection.exec("COMMIT");
            return result;
          } catch (error) {
            if (connection.isTransaction) connection.exec("ROLLBACK");
            throw error;
          }
        },
        waiting,
      ),
    journalMode: () => String(writer.get("PRAGMA journal_mode")?.["journal_mode"] ?? ""),
    close: () => connection.close(),
  };
}

const BUSY_PAUSE_MS = 25;

/** Waits by pausing this task, never by sleeping in SQLite: the event loop stays free meanwhile. */
async function retryWhileBusy<Result>(busyMs: number, attempt: () => Result, waiting?: () => void): Promise<Result> {
  const deadline = performance.now() + busyMs;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
      waiting?.();
      await pause(BUSY_PAUSE_MS);
    }
  }
}

export function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" && (error.errcode & 0xff) === 5;
}
