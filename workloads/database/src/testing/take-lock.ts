import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Takes the write lock of a SQLite file, however often somebody else is just writing. A busy timeout would hold up this process, and with it whoever writes from here.
 * @example
 * await takeLock(other);
 * // nobody else can write
 * other.exec("ROLLBACK");
 */
export async function takeLock(database: DatabaseSync): Promise<void> {
  for (;;) {
    try {
      return database.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (!(error instanceof Error && error.message === "database is locked")) throw error;
      await nextTurn();
    }
  }
}
