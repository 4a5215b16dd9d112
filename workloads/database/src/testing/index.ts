// For tests: the same suite on every database, each test with a fresh one.
// Owns: one PostgreSQL of the test process, and temporary files. Never: anything that is left behind, or a silent skip.
// In: a suite. Out: the suite, once for each database.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, type TestContext } from "node:test";
import type { DatabaseKind } from "../database.ts";
import { startPostgres, type TestPostgres } from "./postgres.ts";

export { startPostgres, type TestPostgres } from "./postgres.ts";
export { takeLock } from "./take-lock.ts";

let server: Promise<TestPostgres> | null = null;

after(async () => {
  await (await server?.catch(() => null))?.stop();
});

/** Address of a PostgreSQL database that is there for this test alone. The server begins with the first one. @throws when it cannot be started: a suite that cannot run fails. */
export async function freshPostgres(test: Pick<TestContext, "after">): Promise<string> {
  server ??= startPostgres();
  const { createDatabase } = await server;
  const database = await createDatabase();
  test.after(() => database.drop());
  return database.url;
}

/** Path of a SQLite file that is not there yet, in a directory for this test alone. */
export async function freshSqlite(test: Pick<TestContext, "after">): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "workload-database-"));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "test.db");
}

export type FreshDatabase = (test: Pick<TestContext, "after">) => Promise<string>;

/**
 * Runs a suite on SQLite and on PostgreSQL.
 * @example
 * onEachDatabase("upserts", (fresh, kind) => {
 *   it("keep the newer row", async (test) => { const database = await openDatabase({ url: await fresh(test), … }); … });
 * });
 */
export function onEachDatabase(title: string, suite: (fresh: FreshDatabase, kind: DatabaseKind) => void): void {
  describe(`${title} (SQLite)`, () => suite(freshSqlite, "sqlite"));
  describe(`${title} (PostgreSQL)`, () => suite(freshPostgres, "postgres"));
}
