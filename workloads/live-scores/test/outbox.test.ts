import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { sql } from "kysely";
import { openDatabase as open } from "workload-database";
import { cleanUp, makeDirectory } from "workload-command-line/testing";
import { openDatabase, type Database } from "../src/database/database.ts";
import { MIGRATIONS } from "../src/database/migrations.ts";
import { droppable, outboxDepth, removeDelivered, trimOutbox } from "../src/database/outbox.ts";
import type { Tables } from "../src/database/tables.ts";

const row = (critical: number, payload: string) => ({ url: "/a", group_name: "odds" as const, critical, payload, created_at: "x" });
const fill = (database: Database, ...rows: ReturnType<typeof row>[]) => database.write((write) => write.insertInto("outbox").values(rows).execute());
const totals = (database: Database) => database.read.selectFrom("outbox_totals").select(["items", "bytes"]).execute();

async function openNew(test: TestContext): Promise<Database> {
  const database = await openDatabase(`${await makeDirectory(test)}/scores.db`);
  cleanUp(test, () => database.close());
  return database;
}

describe("the outbox", () => {
  it("drops the oldest that are not critical, and never a critical one", async (test) => {
    const database = await openNew(test);
    const left = async (): Promise<string[]> => (await database.read.selectFrom("outbox").select("payload").orderBy("id").execute()).map(({ payload }) => payload);
    await fill(database, row(1, "C1"), row(0, "n1"), row(0, "n2"), row(1, "C2"), row(0, "n3"));
    assert.equal(await database.write((write) => trimOutbox(write, { items: 3, bytes: 1000 })), 2);
    assert.deepEqual(await left(), ["C1", "C2", "n3"]);
    assert.equal(await database.write((write) => trimOutbox(write, { items: 10, bytes: 5 })), 1);
    assert.equal(await database.write((write) => trimOutbox(write, { items: 1, bytes: 1 })), 0);
    assert.deepEqual(await left(), ["C1", "C2"]);
  });

  it("drops as many as it takes, by number and by bytes", async (test) => {
    const database = await openNew(test);
    await fill(database, row(1, "C"), ...Array.from({ length: 100 }, () => row(0, "äöü")));
    assert.equal(await database.write((write) => trimOutbox(write, { items: 51, bytes: 10_000 })), 50);
    assert.equal(await database.write((write) => trimOutbox(write, { items: 100, bytes: 1 + 6 * 7 })), 43);
    assert.deepEqual(await totals(database), [{ items: 8, bytes: 43 }]);
  });

  it("knows how much waits without counting it, whatever happened to it", async (test) => {
    const database = await openNew(test);
    await fill(database, row(1, "für"), row(0, "Ærø"), row(1, "🚢"));
    assert.deepEqual(await totals(database), [{ items: 3, bytes: 13 }]);
    await assert.rejects(
      database.write(async (write) => {
        await write.insertInto("outbox").values(row(1, "undone")).execute();
        throw new Error("rolled back");
      }),
    );
    await removeDelivered(database, [1, 3]);
    assert.deepEqual([await totals(database), await outboxDepth(database)], [[{ items: 1, bytes: 5 }], 1]);
    const plan = await droppable(database.read).explain<{ readonly detail: string }>(undefined, sql`query plan`);
    assert.deepEqual(
      plan.map(({ detail }) => detail),
      ["SCAN outbox USING INDEX outbox_droppable"],
    );
  });

  it("of an older database is counted once", async (test) => {
    const url = `${await makeDirectory(test)}/scores.db`;
    const older = await open<Tables>({ url, application: "live_scores", migrations: MIGRATIONS.slice(0, 1) });
    await fill(older, row(1, "äö"), row(0, "b"));
    await older.close();
    const database = await openDatabase(url);
    cleanUp(test, () => database.close());
    assert.deepEqual(await totals(database), [{ items: 2, bytes: 5 }]);
  });
});
