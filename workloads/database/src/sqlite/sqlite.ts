import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql, type CompiledQuery, type DatabaseConnection, type Dialect, type Driver, type QueryResult } from "kysely";
import { DatabaseError } from "../errors.ts";
import type { SqlValue } from "../packed-batch.ts";
import type { Engine } from "../open-database.ts";
import { isBulkQuery } from "./bulk-query.ts";
import type { Statement, ThreadData } from "./messages.ts";
import { startThread, type ThreadClient } from "./thread-client.ts";
import { createTransactionQuery, isTransactionQuery } from "./transaction-query.ts";

/** Kysely does not tell a driver that was never used that it is over. */
interface Life {
  isClosed: boolean;
}

/** Two connections in two threads: the one writer, and a reader that never waits for it. No thread begins before it is needed. */
export function openSqlite(path: string, busyMs: number): Engine {
  mkdirSync(dirname(path), { recursive: true });
  const life: Life = { isClosed: false };
  return {
    writer: createDialect({ path, busyMs, role: "writer" }, life),
    reader: createDialect({ path, busyMs, role: "reader" }, life),
    writeAll: (writer, statements) => writer.connection().execute(async (connection) => void (await connection.executeQuery(createTransactionQuery(statements)))),
    beforeClose: () => void (life.isClosed = true),
    async journalMode(query) {
      const { rows } = await sql<{ journal_mode: string }>`PRAGMA journal_mode`.execute(query);
      return rows[0]?.journal_mode ?? "";
    },
  };
}

function createDialect(data: ThreadData, life: Life): Dialect {
  return {
    createDriver: () => createDriver(data, life),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  };
}

function createDriver(data: ThreadData, life: Life): Driver {
  let thread: ThreadClient | null = null;
  const turns = createTurns();
  const say = (word: string) => async (connection: DatabaseConnection) => void (await connection.executeQuery(raw(word)));
  const connection: DatabaseConnection = {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      thread ??= startThread(data);
      const { rows, changes, lastId } = await thread.ask(isTransactionQuery(query) ? { kind: "transaction", statements: query.statements.map(toStatement) } : toStatement(query));
      return { rows: rows as Row[], numAffectedRows: BigInt(changes), insertId: BigInt(lastId) };
    },
    // oxlint-disable-next-line require-yield
    async *streamQuery() {
      throw new TypeError("rows are not streamed: read page by page, by a key");
    },
  };
  return {
    init: async () => undefined,
    async acquireConnection() {
      if (life.isClosed) throw new DatabaseError("closed", `${data.path} is closed`, { hint: "Open the database again." });
      await turns.take();
      // Nobody has a transaction open now: what broke down can be replaced without anybody's work being cut in two.
      if (thread?.hasEnded() === true) thread = null;
      return connection;
    },
    releaseConnection: async () => turns.give(),
    // From its first statement on nobody else writes: a transaction never finds out late that it must be run again.
    beginTransaction: say(data.role === "writer" ? "BEGIN IMMEDIATE" : "BEGIN"),
    commitTransaction: say("COMMIT"),
    async rollbackTransaction(each) {
      // A full disk has rolled back already; the error that said so must not be replaced by one about that.
      await say("ROLLBACK")(each).catch((error: unknown) => {
        if (!(error instanceof Error && error.message.includes("no transaction is active"))) throw error;
      });
    },
    async destroy() {
      await turns.take();
      await thread?.close();
      turns.give();
    },
  };
}

function toStatement(query: CompiledQuery): Statement {
  return isBulkQuery(query) ? { kind: "bulk", ...query.bulk } : { kind: "query", sql: query.sql, parameters: query.parameters.map(toSqlValue) };
}

function raw(word: string): CompiledQuery {
  return { sql: word, parameters: [], query: { kind: "RawNode", sqlFragments: [word], parameters: [] }, queryId: { queryId: word } };
}

/** One after the other, in the order in which they asked: a connection has one transaction at a time. */
function createTurns(): { take(): Promise<void>; give(): void } {
  const waiting: (() => void)[] = [];
  let taken = false;
  return {
    async take() {
      if (taken) await new Promise<void>((resolve) => waiting.push(resolve));
      taken = true;
    },
    give() {
      const next = waiting.shift();
      if (next === undefined) taken = false;
      else next();
    },
  };
}

function toSqlValue(value: unknown): SqlValue {
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint" || value instanceof Uint8Array) return value;
  throw new TypeError(`a ${typeof value} cannot be stored; times and documents are stored as text`);
}
