import { setTimeout as pause } from "node:timers/promises";
import { Kysely, type CompiledQuery, type Dialect as KyselyDialect, type Transaction } from "kysely";
import type { Database, DatabaseKind, WriteOptions, WriteStatement } from "./database.ts";
import { dialectOf } from "./dialect.ts";
import { classifyDatabaseError, DatabaseError, isWorthAnotherRun } from "./errors.ts";
import { compileColumns } from "./insert-columns.ts";
import { migrate, type Migration } from "./migrations.ts";
import { openSqlite } from "./sqlite/sqlite.ts";

export interface OpenOptions {
  /** A file of SQLite (made when it is not there), or `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Whose tables these are, in lower case with underscores. On PostgreSQL it is the name of their schema. */
  readonly application: string;
  readonly migrations: readonly Migration[];
  /** How long a transaction waits for somebody else's, and opening for a server that is not there yet. Milliseconds. @default 30000 */
  readonly busyMs?: number;
  /** Connections at once, PostgreSQL only. @default 5 */
  readonly connections?: number;
}

/** What the two databases give: their connections. Everything above is the same for both. */
export interface Engine {
  readonly writer: KyselyDialect;
  /** Null: reads take the writer's connections. */
  readonly reader: KyselyDialect | null;
  /** One transaction of statements that are known beforehand. */
  writeAll(writer: Kysely<unknown>, statements: readonly CompiledQuery[]): Promise<void>;
  /** What was begun may end; nothing new is let in. */
  beforeClose(): void;
  journalMode(query: Kysely<unknown>): Promise<string>;
}

const PAUSE_MS = 25;

/**
 * Opens a database and brings its schema up to date.
 * @throws DatabaseError `newer_schema`, `invalid_address`; else the database's own error (transient when a server did not come within `busyMs`).
 * @example
 * const database = await openDatabase<Tables>({ url: "./results.db", application: "test_results", migrations });
 */
export async function openDatabase<Tables>(options: OpenOptions): Promise<Database<Tables>> {
  const { url, application, migrations, busyMs = 30_000, connections = 5 } = options;
  if (!/^[a-z][a-z0-9_]{0,50}$/.test(application)) throw new TypeError(`${application} cannot be the name of a schema`);
  const kind = kindOf(url);
  const place = kind === "sqlite" ? url : withoutPassword(url);
  // Who never speaks to a server does not load what speaks to it.
  const engine = kind === "sqlite" ? openSqlite(url, busyMs) : (await import("./postgres/postgres.ts")).openPostgres({ url, application, busyMs, connections });
  const dialect = dialectOf(kind);
  const writer = new Kysely<Tables>({ dialect: engine.writer });
  const reader = engine.reader === null ? writer : new Kysely<Tables>({ dialect: engine.reader });
  const write = async <Result>(work: (transaction: Transaction<Tables>) => Promise<Result>, wishes: WriteOptions = {}): Promise<Result> =>
    await untilFree(() => writer.transaction().execute(work), { busyMs, ...wishes });
  const writeAll = async (statements: readonly WriteStatement[], wishes: WriteOptions = {}): Promise<void> => {
    const compiled = statements.flatMap((statement) => compileStatement(statement, writer));
    await untilFree(() => engine.writeAll(writer as unknown as Kysely<unknown>, compiled), { busyMs, ...wishes });
  };
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= closeBoth());
  async function closeBoth(): Promise<void> {
    engine.beforeClose();
    await Promise.all(new Set([writer, reader]).values().map((each) => each.destroy()));
  }
  try {
    await untilReached(busyMs, () => write((transaction) => migrate(transaction as unknown as Transaction<unknown>, { application, migrations, dialect, place })));
  } catch (error) {
    await close();
    throw error;
  }
  return { kind, dialect, read: reader, write, writeAll, close, journalMode: () => engine.journalMode(reader as unknown as Kysely<unknown>) };
}

function compileStatement<Tables>(statement: WriteStatement, writer: Kysely<Tables>): CompiledQuery[] {
  if (!("count" in statement)) return [statement.compile(writer)];
  return statement.count === 0 ? [] : [compileColumns(statement)];
}

/** Runs it again while somebody else is in the way. */
async function untilFree<Result>(run: () => Promise<Result>, { busyMs, waiting }: { readonly busyMs: number; readonly waiting?: (() => void) | undefined }): Promise<Result> {
  const deadline = performance.now() + busyMs;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!isWorthAnotherRun(error) || performance.now() >= deadline) throw error;
      waiting?.();
      await pause(PAUSE_MS);
    }
  }
}

/** A server that is starting, or not there yet, is waited for; nothing has been done by then that could be done twice. */
async function untilReached(busyMs: number, attempt: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + busyMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (classifyDatabaseError(error) !== "transient" || performance.now() >= deadline) throw error;
      await pause(PAUSE_MS * 4);
    }
  }
}

function kindOf(url: string): DatabaseKind {
  if (/^postgres(ql)?:\/\//.test(url)) return "postgres";
  if (url === "" || url === ":memory:" || /^[a-z][a-z0-9+.-]*:\/\//.test(url))
    throw new DatabaseError("invalid_address", `${JSON.stringify(withoutPassword(url))} is neither a file nor a postgres:// address`, {
      hint: "Give the path of a SQLite file, or postgres://user:password@host:5432/database.",
    });
  return "sqlite";
}

function withoutPassword(url: string): string {
  return url.replace(/:\/\/[^@/]*@/, "://…@");
}
