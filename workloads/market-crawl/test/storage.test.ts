import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { freshSqlite } from "workload-database/testing";
import { openDatabase, type Database } from "../src/database/database.ts";
import { toMarketValues, toMetadata } from "../src/markets/market-row.ts";
import { marketsNearby, marketsToday } from "../src/markets/query-markets.ts";
import { saveMarket, type MarketToSave } from "../src/markets/save-market.ts";
import { thisOwner } from "../src/runs/owner.ts";
import { claimRun, endRun, interruptOrphans, requestResume, requestRun } from "../src/runs/run-store.ts";
import { NO_DETAILS, type Item } from "../src/sources/item.ts";

type Test = Parameters<typeof freshSqlite>[0];

async function open(test: Test, path?: string): Promise<{ readonly database: Database; readonly path: string }> {
  const databasePath = path ?? (await freshSqlite(test));
  const database = await openDatabase({ databasePath, databaseBusyMs: 30_000 });
  test.after(() => database.close());
  return { database, path: databasePath };
}

const ITEM: Item = {
  source: "loppemarkeder",
  externalId: "1",
  name: "Marked",
  nameRaw: "Marked",
  municipality: null,
  category: "Loppemarked",
  startDate: "2025-11-29",
  endDate: "2025-11-30",
  hasFood: false,
  hasParking: false,
  sourceUrl: null,
  latitude: null,
  longitude: null,
  detailUrl: null,
  details: NO_DETAILS,
};

function market(change: Partial<Item> = {}, more: Partial<Pick<MarketToSave, "source" | "details" | "at">> = {}): MarketToSave {
  const item = { ...ITEM, ...change };
  const values = toMarketValues(item, null);
  return { source: item.source, values, metadata: toMetadata(item, values), details: "complete", at: "2025-11-29T10:00:00.000Z", ...more };
}

const save = (database: Database, each: MarketToSave) => database.write((transaction) => saveMarket(transaction, each));
const only = (database: Database) => database.read.selectFrom("markets").selectAll().executeTakeFirstOrThrow();

describe("saving", () => {
  it("inserts, leaves alone what is the same, updates what is not", async (test) => {
    const { database } = await open(test);
    assert.equal(await save(database, market()), "created");
    assert.equal(await save(database, market({}, { at: "2025-11-30T10:00:00.000Z" })), "unchanged");
    assert.deepEqual([(await only(database)).updated_at, (await only(database)).scraped_at], ["2025-11-29T10:00:00.000Z", "2025-11-30T10:00:00.000Z"]);
    assert.equal(await save(database, market({ name: "Andet" }, { at: "2025-12-01T10:00:00.000Z" })), "updated");
    const row = await only(database);
    assert.deepEqual([row.name, row.updated_at, row.created_at, row.is_outdoor], ["Andet", "2025-12-01T10:00:00.000Z", "2025-11-29T10:00:00.000Z", 1]);
  });

  it("keeps what an earlier run knew from a page that cannot be read now", async (test) => {
    const { database } = await open(test);
    await save(database, market({ details: { ...NO_DETAILS, address: "Torvet 1", description: "Gammelt", descriptionRaw: "Gammelt", entryFee: 20 } }));
    assert.equal(await save(database, market({}, { details: "missing" })), "unchanged");
    const row = await only(database);
    assert.deepEqual([row.address, row.description, row.entry_fee], ["Torvet 1", "Gammelt", 20]);
    assert.equal(JSON.parse(row.metadata)["loppemarkeder"].description, "Gammelt");
  });

  it("keeps a known place while the geocoder is silent, and not longer than the address", async (test) => {
    const { database } = await open(test);
    const details = { ...NO_DETAILS, address: "Torvet 1" };
    await save(database, market({ details, latitude: 55, longitude: 12 }));
    assert.equal(await save(database, market({ details })), "unchanged");
    assert.equal((await only(database)).latitude, 55);
    assert.equal(await save(database, market({ details: { ...NO_DETAILS, address: "Torvet 2" } })), "updated");
    assert.equal((await only(database)).latitude, null);
  });

  it("loses no source's key when two write at once", async (test) => {
    const one = await open(test);
    const other = await open(test, one.path);
    for (let round = 0; round < 20; round += 1) {
      const externalId = String(round);
      await Promise.all([save(one.database, market({ externalId })), save(other.database, market({ externalId, source: "fleamarket" }, { source: "fleamarket" }))]);
    }
    const rows = await one.database.read.selectFrom("markets").select("metadata").execute();
    assert.equal(rows.length, 20);
    for (const { metadata } of rows) assert.deepEqual(Object.keys(JSON.parse(metadata)).toSorted(), ["fleamarket", "loppemarkeder"]);
  });
});

describe("asking", () => {
  const here = { latitude: 55.6, longitude: 12.5 };

  it("has distance 0 first and the unplaced last today, and cuts after sorting", async (test) => {
    const { database } = await open(test);
    await save(database, market({ externalId: "a", name: "unplaced" }));
    await save(database, market({ externalId: "b", name: "far", latitude: 56.6, longitude: 12.5 }));
    await save(database, market({ externalId: "c", name: "here", ...here }));
    await save(database, market({ externalId: "d", name: "over", startDate: "2025-11-01", endDate: "2025-11-28", ...here }));
    await save(database, market({ externalId: "e", name: "later", startDate: "2025-11-30", endDate: "2025-11-30", ...here }));
    const names = async (limit: number): Promise<unknown[]> =>
      (await marketsToday(database.read, { today: "2025-11-29", from: here, limit })).map((each) =>
        ["name", "distance"].map((key) => Object.entries(each).find(([name]) => name === key)?.[1]),
      );
    assert.deepEqual(await names(50), [
      ["here", 0],
      ["far", 111.195],
      ["unplaced", null],
    ]);
    assert.deepEqual(await names(1), [["here", 0]]);
    const near = await marketsNearby(database.read, { today: "2025-11-29", from: here, radiusKm: 50, daysAhead: 1, limit: 50 });
    assert.deepEqual(
      near.map((each) => Object.entries(each).find(([name]) => name === "external_id")?.[1]),
      ["c", "e"],
    );
  });
});

describe("runs", () => {
  const request = { trigger: "api", sources: ["fleamarket"], owner: `${thisOwner()} test` } as const;

  it("are active one at a time, from whichever connection they are asked for", async (test) => {
    const one = await open(test);
    const other = await open(test, one.path);
    const asked = await Promise.all([one, other, one, other].map(({ database }) => requestRun(database, request)));
    assert.deepEqual(asked.map(({ kind }) => kind).toSorted(), ["joined", "joined", "joined", "queued"]);
    assert.equal(new Set(asked.map(({ run }) => run.id)).size, 1);
  });

  it("begin once, end once, and are written down once", async (test) => {
    const { database } = await open(test);
    const { run } = await requestRun(database, request);
    assert.equal((await claimRun(database, run.id, "j1"))?.status, "running");
    assert.equal(await claimRun(database, run.id, "j2"), null);
    const ending = { runId: run.id, end: { kind: "done" }, output: null } as const;
    assert.equal((await endRun(database, ending))?.end.status, "success");
    assert.equal(await endRun(database, ending), null);
    assert.equal((await database.read.selectFrom("scraping_logs").selectAll().execute()).length, 1);
    assert.deepEqual(await requestResume(database, run.id, "me"), { kind: "wrong-state", status: "success" });
    assert.deepEqual(await requestResume(database, "none", "me"), { kind: "missing" });
  });

  it("whose process is gone are interrupted, others are left alone; they go on as the same run", async (test) => {
    const { database } = await open(test);
    const { run } = await requestRun(database, request);
    assert.deepEqual(await interruptOrphans(database, null), []);
    await database.write((transaction) =>
      transaction
        .updateTable("runs")
        .set({ owner: thisOwner().replace(/\d+$/, "1") })
        .execute(),
    );
    const [ended] = await interruptOrphans(database, null);
    assert.deepEqual([ended?.end.status, ended?.end.error], ["interrupted", "lost"]);
    const resumed = await requestResume(database, run.id, request.owner);
    assert.equal(resumed.kind === "queued" && resumed.run.trigger, "resume");
    assert.equal((await database.read.selectFrom("scraping_logs").selectAll().execute()).length, 0);
  });
});
