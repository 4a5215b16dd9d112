import { PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Engine } from "../open-database.ts";

export interface PostgresOptions {
  readonly url: string;
  readonly application: string;
  readonly busyMs: number;
  readonly connections: number;
}

const BIGINT = 20;

/** A pool of connections whose tables are those of the application. A reader needs no connection of its own: PostgreSQL's readers never wait for writers. */
export function openPostgres({ url, application, busyMs, connections }: PostgresOptions): Engine {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: Math.max(busyMs, 1),
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    application_name: application,
    // A lock that does not come in time is an error of its own (55P03), which the runtime names lock-contention.
    options: `-c search_path=${application} -c lock_timeout=${Math.max(Math.round(busyMs), 1)} -c timezone=UTC -c idle_in_transaction_session_timeout=300000`,
    types: { getTypeParser },
  });
  // A connection that breaks while nobody uses it is replaced by the next one who needs it.
  pool.on("error", () => undefined);
  return {
    writer: new PostgresDialect({ pool }),
    reader: null,
    writeAll: (writer, statements) =>
      writer.transaction().execute(async (transaction) => {
        for (const statement of statements) await transaction.executeQuery(statement);
      }),
    beforeClose: () => undefined,
    async journalMode(query) {
      const { rows } = await sql<{ wal_level: string }>`SHOW wal_level`.execute(query);
      return rows[0]?.wal_level ?? "";
    },
  };
}

/** Counts and keys are numbers, as on SQLite; one that a number cannot hold exactly is an error, never a wrong number. */
function getTypeParser(type: number, format?: "text" | "binary"): unknown {
  if (type === BIGINT && format !== "binary") return parseBigint;
  return pg.types.getTypeParser(type, format);
}

function parseBigint(written: string): number {
  const value = Number(written);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${written} is beyond 2^53: cast it to text in the query`);
  return value;
}
