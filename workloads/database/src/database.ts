import type { Kysely, RawBuilder, Transaction } from "kysely";
import type { Dialect } from "./dialect.ts";
import type { PackedBatch } from "./packed-batch.ts";

export type DatabaseKind = "sqlite" | "postgres";

/** What reading is done with: the reading half of kysely, and the `sql` template (`sql`…`.execute(database.read)`). */
export type Queries<Tables> = Pick<Kysely<Tables>, "selectFrom" | "with" | "withRecursive" | "fn" | "dynamic" | "getExecutor" | "executeQuery">;

/** What writing is done with, inside of `write`. */
export type Write<Tables> = Transaction<Tables>;

export interface WriteOptions {
  /** Called each time that the transaction has to wait for somebody else's, about ten times a second. For stall clocks. */
  readonly waiting?: () => void;
  /** Instead of the database's own `busyMs`. Milliseconds. */
  readonly busyMs?: number;
}

/** Rows to insert, or a statement of the `sql` template. */
export type WriteStatement = PackedBatch | RawBuilder<unknown>;

/**
 * A database that is open.
 * @example
 * const names = await database.read.selectFrom("releases").select("name").execute();
 * await database.write((transaction) => transaction.insertInto("releases").values({ name: "6.1" }).execute());
 */
export interface Database<Tables> {
  readonly kind: DatabaseKind;
  readonly dialect: Dialect;
  /** Each statement sees what is committed when it begins. On SQLite reads have a thread of their own and never wait for a write. */
  readonly read: Queries<Tables>;
  /**
   * One transaction, all or nothing. When somebody else is in the way it is rolled back and run again, until `busyMs` is over:
   * `work` may run more than once, and does nothing but speak to the transaction.
   * @throws the database's own error; `classifyDatabaseError` says what it is.
   */
  write<Result>(work: (transaction: Write<Tables>) => Promise<Result>, options?: WriteOptions): Promise<Result>;
  /**
   * The same for statements that are known beforehand: on SQLite the whole transaction is one message to its thread, which waits for nobody between BEGIN and COMMIT.
   * @example
   * await database.writeAll([packed, sql`UPDATE jobs SET rows_written = rows_written + ${packed.count} WHERE id = ${job}`]);
   */
  writeAll(statements: readonly WriteStatement[], options?: WriteOptions): Promise<void>;
  /** `wal` on SQLite; on PostgreSQL the value of `wal_level`. For health pages. */
  journalMode(): Promise<string>;
  /** Waits for what is under way, then lets go of threads and connections. A second call does nothing. */
  close(): Promise<void>;
}
