// The numbered rules of processing, on both databases, without a runtime: what a worker does to the tables.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { sql } from "kysely";
import { classifyDatabaseError } from "workload-database";
import { onEachDatabase } from "workload-database/testing";
import { Refusal } from "../src/errors.ts";
import { createIngest } from "../src/ingest/ingest.ts";
import { dropUpload } from "../src/ingest/store-snapshot.ts";
import { takeClaim } from "../src/process/claim.ts";
import { verifySnapshot } from "../src/query/verify.ts";
import { findSummary } from "../src/query/profiles.ts";
import { findWork } from "../src/conduct/find-work.ts";
import { settleFailed } from "../src/conduct/settle.ts";
import { putWork } from "../src/conduct/work.ts";
import { archiveSnapshot, hashOf } from "../src/retention/archive.ts";
import { createArchiver } from "../src/retention/archive-now.ts";
import type { Database } from "../src/database/open.ts";
import { chooseForArchive } from "../src/retention/choose.ts";
import { cleaning, dumpRows, errorsOf, inChunks, makeBench, makeText, type Bench } from "./workbench.ts";
import { makeDirectory } from "workload-command-line/testing";

async function summaryOf(bench: Bench, namecode = "GEN1_PRHH") {
  const found = await findSummary(bench.database.read, namecode);
  assert.ok(found.kind === "ready", found.kind);
  return found.summary;
}

async function sums(bench: Bench) {
  const row = await sql<{
    n: number;
    amount: number;
    owned: number;
  }>`SELECT count(*) AS n, sum(amount) AS amount, sum(CASE WHEN amount > 0 THEN 1 ELSE 0 END) AS owned FROM user_troops`.execute(bench.database.read);
  const [first] = row.rows;
  return { troops: Number(first?.n), amount: Number(first?.amount), owned: Number(first?.owned) };
}

async function payloadOf(bench: Bench, id: number): Promise<Buffer> {
  const { raw } = await bench.database.read.selectFrom("hero_snapshots").select("raw").where("id", "=", id).executeTakeFirstOrThrow();
  const pieces = await bench.database.read.selectFrom("snapshot_pieces").select("bytes").where("upload_id", "=", raw).orderBy("piece").execute();
  return Buffer.concat(pieces.map(({ bytes }) => bytes));
}

async function countRows(bench: Bench, table: "uploads" | "snapshot_pieces" | "hero_snapshots" | "snapshot_quarantine"): Promise<number> {
  const { count } = await bench.database.read
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** A profile by hand: what the test is about, and nothing else. */
function profile(data: object, name = "HAND_ABCD"): string {
  return JSON.stringify({ NameCode: name, ProfileData: { Name: "Hand", Level: 1, ServerTime: 1_764_600_000, ...data } });
}

onEachDatabase("snapshots", (fresh) => {
  describe("rule 19", () => {
    it("keeps the days, and beyond them the newest of each user; what names nobody is nobody's newest", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const take = async (payload: string): Promise<number> => {
        bench.clock.advance(1000);
        return (await bench.take(payload)).id;
      };
      const nobody = [await take("no JSON"), await take("no JSON either")];
      const cutOff = await take('{"NameCode":"HAND_ABCD","ProfileData":');
      const older = await take(profile({ Level: 1 }));
      await take(profile({ Level: 2 }));
      await take(profile({}, "OTHER_ABCD"));
      await bench.database.write((transaction) => transaction.deleteFrom("work").execute());
      const due = async (): Promise<number[]> =>
        (await chooseForArchive(bench.database.read, { retentionDays: 90, retentionPerUser: 1 }, bench.clock.nowMs(), 100)).map(({ id }) => id);
      assert.deepEqual(await due(), []);
      bench.clock.advance(91 * 86_400_000);
      await take("no JSON, but young");
      assert.deepEqual(await due(), [...nobody, cutOff, older]);
    });

    it("deletes nothing whose archive is not what was received, archives everything else, and finds the same again", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const directory = await makeDirectory(test);
      const ids: number[] = [];
      for (const n of [1, 2, 3]) ids.push((await bench.take(makeText({ n }))).id);
      const [first = 0, second = 0, third = 0] = ids;
      // A disk that has lost a byte: the oldest one, so that whatever stops at it archives nothing.
      const stored = await payloadOf(bench, first);
      stored[10] = (stored[10] ?? 0) ^ 1;
      const { raw } = await bench.database.read.selectFrom("hero_snapshots").select("raw").where("id", "=", first).executeTakeFirstOrThrow();
      await bench.database.write((transaction) => transaction.updateTable("snapshot_pieces").set({ bytes: stored }).where("upload_id", "=", raw).execute());
      // No runtime follows these runs: nothing is left to do for them.
      await bench.database.write((transaction) => transaction.deleteFrom("work").execute());
      bench.clock.advance(60_000);
      // Somebody is at one archive; another one was killed at it.
      for (const name of ["young.part", "old.part"]) await writeFile(join(directory, name), "");
      await utimes(join(directory, "old.part"), 0, 0);
      const archive = createArchiver(bench.database, { archiveDirectory: directory, retentionDays: 0, retentionPerUser: 0 }, { clock: bench.clock });
      const result = await archive(() => undefined);
      assert.deepEqual([result.archived, result.kept.map(({ id }) => id)], [2, [first]]);
      assert.match(result.kept[0]?.message ?? "", /does not have its checksum/);
      assert.deepEqual((await readdir(directory)).sort(), [`snapshot-${second}.json.gz`, `snapshot-${third}.json.gz`, "young.part"]);
      assert.deepEqual(
        (await bench.database.read.selectFrom("hero_snapshots").select("id").execute()).map(({ id }) => id),
        [first],
      );
      assert.equal((await payloadOf(bench, first)).length, stored.length);
      assert.deepEqual(
        (await bench.database.read.selectFrom("archives").select("snapshot_id").orderBy("snapshot_id").execute()).map((row) => row.snapshot_id),
        [second, third],
      );
      assert.deepEqual(
        (await archive(() => undefined)).kept.map(({ id }) => id),
        [first],
      );
    });
  });

  describe("rule 19, with a snapshot that was chosen and is then wanted", () => {
    const days = { retentionDays: 0, retentionPerUser: 0 };
    const choose = async (bench: Bench) => {
      await bench.database.write((transaction) => transaction.deleteFrom("work").execute());
      bench.clock.advance(60_000);
      const [due] = await chooseForArchive(bench.database.read, days, bench.clock.nowMs(), 1);
      return due ?? assert.fail("nothing is due");
    };
    const put = (bench: Bench, id: number): Promise<void> =>
      bench.database.write((transaction) => putWork(transaction, { snapshotId: id, type: "process_snapshot_backfill", priority: 0, now: "2026-01-02T03:04:05.000Z" }));

    for (const taken of ["put on the list of work", "claimed by a worker"] as const)
      it(`keeps what was ${taken} meanwhile, and counts no archive of it`, async (test) => {
        const bench = await makeBench(test, await fresh(cleaning(test)));
        const directory = await makeDirectory(test);
        const { id } = await bench.take(makeText());
        const due = await choose(bench);
        if (taken === "put on the list of work") await put(bench, id);
        else assert.notEqual(await takeClaim(bench.database, id, { job: "j", token: "t", node: "n" }, bench.clock.nowMs()), null);
        assert.equal(await archiveSnapshot({ database: bench.database, directory, clock: bench.clock, signal: new AbortController().signal }, due), null);
        assert.equal((await payloadOf(bench, id)).toString(), makeText());
        assert.deepEqual(await bench.database.read.selectFrom("archives").selectAll().execute(), []);
        await bench.database.write((transaction) => transaction.updateTable("hero_snapshots").set({ processing: 0 }).where("id", "=", id).execute());
        const again = await archiveSnapshot({ database: bench.database, directory, clock: bench.clock, signal: new AbortController().signal }, await choose(bench));
        assert.deepEqual(
          (await readdir(directory)).map((name) => join(directory, name)),
          [again],
        );
      });

    for (const late of ["before it is read", "before it is deleted"] as const)
      it(`leaves alone what somebody else has archived ${late}`, async (test) => {
        const bench = await makeBench(test, await fresh(cleaning(test)));
        const directory = await makeDirectory(test);
        await bench.take(makeText());
        const due = await choose(bench);
        const ports = { database: bench.database, directory, clock: bench.clock, signal: new AbortController().signal };
        const first = () => archiveSnapshot(ports, due);
        let path: string | null = null;
        if (late === "before it is read") path = await first();
        const write: Database["write"] = async (work, wishes) => {
          path ??= await first();
          return await bench.database.write(work, wishes);
        };
        assert.equal(await archiveSnapshot({ ...ports, database: { ...bench.database, write } }, due), null);
        assert.deepEqual(await bench.database.read.selectFrom("archives").select("path").execute(), [{ path }]);
        assert.equal(await hashOf(path ?? "", ports.signal), due.contentHash);
        assert.equal((await readdir(directory)).length, 1);
      });

    it("drops work whose snapshot is gone when its job has failed", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const { id } = await bench.take(makeText());
      await put(bench, id);
      const work = (await findWork(bench.database.read, id)) ?? assert.fail("no work");
      await bench.database.write((transaction) => transaction.deleteFrom("hero_snapshots").where("id", "=", id).execute());
      const failure = { type: "CRASH", permanent: false, cause: "lost", message: "the worker is gone" } as const;
      const end = { work, jobId: "j", failure, next: { kind: "retry", pauseMs: 1 }, nowMs: bench.clock.nowMs() } as const;
      assert.equal(await bench.database.write((transaction) => settleFailed(transaction, end)), false);
      assert.equal(await findWork(bench.database.read, id), null);
    });
  });

  describe("rule 1", () => {
    it("stores the bytes unchanged, in pieces, with the hash and length of exactly these bytes", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const text = makeText({ size: "medium", n: 3 });
      const { body } = await bench.ingest(text, { chunkBytes: 7001 });
      const id = Number(body["snapshot_id"]);
      assert.equal((await payloadOf(bench, id)).toString("utf8"), text);
      const row = await bench.database.read.selectFrom("hero_snapshots").select(["size_bytes", "content_hash", "namecode"]).where("id", "=", id).executeTakeFirstOrThrow();
      assert.deepEqual(row, { size_bytes: text.length, content_hash: createHash("sha256").update(text).digest("hex"), namecode: "GEN3_OXGP" });
      assert.equal(await countRows(bench, "snapshot_pieces"), 2);
      assert.equal(await countRows(bench, "uploads"), 0);
    });

    it("leaves nothing of a body that breaks off", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield* inChunks(Buffer.alloc(600_000));
        throw new Error("the caller is gone");
      }
      const ingest = createIngest({ ...bench, node: "test", queue: async () => ({ depth: 0, perSecond: 1 }), stored: async () => undefined });
      const about = () => ({ source: "test", namecode: null, priority: "normal" as const });
      await assert.rejects(ingest.accept({ body: broken(), about, idempotencyKey: null, correlationId: null }), /gone/);
      assert.deepEqual([await countRows(bench, "snapshot_pieces"), await countRows(bench, "uploads"), await countRows(bench, "hero_snapshots")], [0, 0, 0]);
    });
  });

  describe("rule 1, with an upload that was dropped before its end", () => {
    for (const rest of [100, 400_000])
      it(`refuses the ${rest} bytes that were still to come, and leaves nothing`, async (test) => {
        const bench = await makeBench(test, await fresh(cleaning(test)));
        async function* body(): AsyncGenerator<Uint8Array> {
          yield* inChunks(Buffer.alloc(600_000));
          const { upload_id } = await bench.database.read.selectFrom("uploads").select("upload_id").executeTakeFirstOrThrow();
          await bench.database.write((transaction) => dropUpload(transaction, upload_id));
          yield* inChunks(Buffer.alloc(rest));
        }
        const ingest = createIngest({ ...bench, node: "test", queue: async () => ({ depth: 0, perSecond: 1 }), stored: async () => undefined });
        const about = () => ({ source: "test", namecode: null, priority: "normal" as const });
        await assert.rejects(
          ingest.accept({ body: body(), about, idempotencyKey: null, correlationId: null }),
          (error) => error instanceof Refusal && error.code === "UPLOAD_EXPIRED",
        );
        assert.deepEqual([await countRows(bench, "snapshot_pieces"), await countRows(bench, "uploads"), await countRows(bench, "hero_snapshots")], [0, 0, 0]);
      });

    it("drops no piece of an upload that has become a snapshot meanwhile", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const { body } = await bench.ingest(Buffer.alloc(600_000));
      const upload = await uploadOf(bench, Number(body["snapshot_id"]));
      await bench.database.write((transaction) => dropUpload(transaction, upload));
      assert.equal((await payloadOf(bench, Number(body["snapshot_id"]))).length, 600_000);
    });
  });

  describe("rule 2", () => {
    it("counts the same hash within 60 s at the first one, and takes it anew afterwards", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const first = await bench.ingest(makeText());
      const again = await bench.ingest(makeText());
      assert.deepEqual([first.status, again.status, again.body["status"], again.body["snapshot_id"]], [201, 409, "duplicate", first.body["snapshot_id"]]);
      const row = await bench.database.read.selectFrom("hero_snapshots").select("duplicate_count").executeTakeFirstOrThrow();
      assert.equal(row.duplicate_count, 1);
      bench.clock.advance(60_000);
      assert.equal((await bench.ingest(makeText())).status, 201);
    });

    it("stores one of ten that come at once", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const answers = await Promise.all(Array.from({ length: 10 }, () => bench.ingest(makeText())));
      assert.equal(answers.filter(({ status }) => status === 201).length, 1);
      assert.equal(await countRows(bench, "hero_snapshots"), 1);
      const { duplicate_count } = await bench.database.read.selectFrom("hero_snapshots").select("duplicate_count").executeTakeFirstOrThrow();
      assert.equal(duplicate_count, 9);
    });

    it("answers the same Idempotency-Key as the first time, also at once", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const [first, second] = await Promise.all([bench.ingest(makeText(), { key: "k" }), bench.ingest(makeText(), { key: "k" })]);
      const third = await bench.ingest(makeText({ n: 2 }), { key: "k" });
      assert.deepEqual(second.body, first.body);
      assert.deepEqual([third.status, third.body, third.replayed], [201, first.body, true]);
      assert.equal(await countRows(bench, "hero_snapshots"), 1);
    });
  });

  describe("rule 3", () => {
    it("refuses above the limit at the first byte too many, and keeps nothing", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)), { MAX_BYTES: "600000" });
      let asked = 0;
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) {
          asked += 1;
          yield Buffer.alloc(100_000);
        }
      }
      const ingest = createIngest({ ...bench, node: "test", queue: async () => ({ depth: 0, perSecond: 1 }), stored: async () => undefined });
      const about = () => ({ source: "test", namecode: null, priority: "normal" as const });
      await assert.rejects(ingest.accept({ body: endless(), about, idempotencyKey: null, correlationId: null }), (error) => error instanceof Refusal && error.status === 413);
      assert.equal(asked, 7);
      assert.equal(await countRows(bench, "snapshot_pieces"), 0);
    });

    it("puts what is above the size guard into quarantine, and once into the high-memory lane", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)), { SIZE_GUARD_BYTES: "1002" });
      const { status, body } = await bench.ingest(makeText());
      assert.deepEqual([status, body["status"], body["lane"]], [201, "queued", "highmem"]);
      const work = await bench.database.read.selectFrom("work").select(["type", "priority"]).execute();
      assert.deepEqual(work, [{ type: "process_snapshot_highmem", priority: 10 }]);
      const held = await bench.database.read.selectFrom("snapshot_quarantine").select(["reason", "released_at"]).execute();
      assert.deepEqual(held, [{ reason: "size_guard", released_at: null }]);
    });

    it("answers 202 with an estimate from a depth of 500 on", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)), {}, { queue: async () => ({ depth: 500, perSecond: 10 }) });
      const { status, body } = await bench.ingest(makeText());
      assert.deepEqual([status, body["estimated_processing_seconds"]], [202, 50]);
    });
  });

  describe("rule 4", () => {
    it("gives a snapshot to one of many claimants", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const { body } = await bench.ingest(makeText());
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, index) => takeClaim(bench.database, Number(body["snapshot_id"]), { job: `j${index}`, token: `t${index}`, node: "n" }, bench.clock.nowMs())),
      );
      assert.equal(claims.filter((claim) => claim !== null).length, 1);
    });

    it("lets a run write nothing more once its claim is gone", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const { body } = await bench.ingest(makeText());
      const id = Number(body["snapshot_id"]);
      const release = bench.database.write((transaction) => transaction.updateTable("hero_snapshots").set({ claim_token: "another" }).where("id", "=", id).execute());
      // The claim is taken away while the payload is read for the first time.
      let taken = false;
      const progress = (): void => {
        taken = true;
      };
      await release;
      await assert.rejects(
        bench.process(id, {
          progress,
          batchRows: 1,
          memoryShare: () => 0,
          claim: { snapshotId: id, token: "lost", attempt: 1, uploadId: await uploadOf(bench, id), sizeBytes: 0, contentHash: "", createdAt: "2026-01-01T00:00:00.000Z" },
        }),
        /claim/,
      );
      assert.ok(taken);
      assert.deepEqual((await dumpRows(bench.database))["user_troops"], []);
    });
  });

  describe("rules 5 and 6", () => {
    it("takes the keys in any order: NameCode last, collections backwards", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      await bench.take(makeText({ size: "small" }));
      const usual = await dumpRows(bench.database);
      for (const flaw of ["late-name", "reversed"] as const) {
        const other = await makeBench(test, await fresh(cleaning(test)));
        assert.equal((await other.take(makeText({ size: "small", flaw }))).result, "success");
        assert.deepEqual(await dumpRows(other.database), usual, flaw);
      }
    });

    const BAD: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
      ["truncated", makeText({ size: "small", flaw: "truncated" }), /too early/],
      ["malformed", makeText({ flaw: "malformed" }), /colon/],
      ["without ProfileData", makeText({ flaw: "missing-profile" }), /ProfileData/],
      ["without NameCode", '{"ProfileData":{}}', /NameCode/],
      ["with an empty NameCode", '{"NameCode":"  ","ProfileData":{}}', /NameCode/],
      ["with a list as ProfileData", '{"NameCode":"A","ProfileData":[]}', /ProfileData/],
      ["followed by something", `${makeText()} x`, /follows/],
      ["empty but for spaces", "  ", /too early/],
      ["not UTF-8", Buffer.concat([Buffer.from('{"NameCode":"A","ProfileData":{"Name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}}')]), /UTF-8/],
      ["with a key twice", '{"NameCode":"A","NameCode":"B","ProfileData":{}}', /twice|duplicate/i],
      ["bad behind its troops", makeText({ size: "small" }).replace(/\}\}$/, ',"Tail":[1,]}}'), /value was expected/],
    ];
    for (const [name, payload, message] of BAD) {
      it(`closes a payload ${name} for good, before any row`, async (test) => {
        const bench = await makeBench(test, await fresh(cleaning(test)));
        const { id, result } = await bench.take(payload);
        assert.equal(result, "failed");
        const row = await bench.database.read
          .selectFrom("hero_snapshots")
          .select(["processed_at", "result", "error_count", "processing"])
          .where("id", "=", id)
          .executeTakeFirstOrThrow();
        assert.deepEqual(row, { processed_at: null, result: "failed", error_count: 1, processing: 0 });
        const errors = await errorsOf(bench.database, id);
        assert.equal(errors.length, 1);
        assert.match(errors[0] ?? "", /^snapshot PARSE_ERROR 1 /);
        assert.match(errors[0] ?? "", message);
        assert.deepEqual((await dumpRows(bench.database))["users"], []);
      });
    }
  });

  describe("rules 7 and 8", () => {
    it("writes in transactions of at most the batch's rows, smaller while memory is short", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const { tally } = await bench.take(makeText({ size: "medium" }), { batchRows: 250 });
      assert.equal(Math.max(...tally.batches), 250);
      const short = await bench.take(makeText({ size: "medium", n: 2 }), { batchRows: 250, memoryShare: () => 0.9 });
      assert.deepEqual(short.tally.batches.slice(1, 6), [250, 125, 62, 31, 25]);
      assert.equal(short.result, "success");
    });

    it("keeps everything but the bad row, and says partial", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const { id, result } = await bench.take(makeText({ flaw: "bad-troop" }));
      assert.equal(result, "partial");
      assert.match((await errorsOf(bench.database, id)).join(), /^troops PARSE_ERROR 1 6001: Amount is the text "many"/);
      const troops = await bench.database.read.selectFrom("user_troops").select("troop_id").orderBy("troop_id").execute();
      assert.deepEqual(
        troops.map(({ troop_id }) => troop_id),
        [6000, 6002],
      );
      const row = await bench.database.read.selectFrom("hero_snapshots").select(["result", "processed_at"]).where("id", "=", id).executeTakeFirstOrThrow();
      assert.ok(row.result === "partial" && row.processed_at !== null);
      assert.equal((await dumpRows(bench.database))["user_pets"]?.length, 1);
    });

    it("replays a batch that the database refuses row by row, and names the row", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      await bench.database.write(async (transaction) => {
        if (bench.database.kind === "sqlite")
          await sql`CREATE TRIGGER no_7 BEFORE INSERT ON user_pets WHEN NEW.pet_id = 7 BEGIN SELECT RAISE(ABORT, 'no sevens'); END`.execute(transaction);
        else await sql`ALTER TABLE user_pets ADD CONSTRAINT no_7 CHECK (pet_id <> 7)`.execute(transaction);
      });
      const pets = Array.from({ length: 12 }, (_, index) => ({ PetId: index, Amount: 1, Level: 1 }));
      const { id, result, tally } = await bench.take(profile({ Pets: pets, Troops: [{ TroopId: 1, Amount: 1 }] }));
      assert.equal(result, "partial");
      assert.equal(tally.upserts["pets"], 11);
      assert.match((await errorsOf(bench.database, id)).join(), /^pets DB_ERROR 1 7: /);
      assert.equal((await dumpRows(bench.database))["user_pets"]?.length, 11);
    });

    it("takes a disk that is full for no refusal: the run ends, and another one writes every row", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const change = (statement: string): Promise<unknown> => bench.database.write((transaction) => sql.raw(statement).execute(transaction));
      const isSqlite = bench.database.kind === "sqlite";
      const { body } = await bench.ingest(makeText({ size: "medium" }));
      const id = Number(body["snapshot_id"]);
      await change(
        isSqlite
          ? "PRAGMA max_page_count = 1"
          : "CREATE FUNCTION full_disk() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$ LANGUAGE plpgsql; CREATE TRIGGER full_disk BEFORE INSERT ON user_pets EXECUTE FUNCTION full_disk()",
      );
      await assert.rejects(bench.process(id), (error) => classifyDatabaseError(error) === "transient");
      assert.deepEqual(await errorsOf(bench.database, id), []);
      await change(isSqlite ? "PRAGMA max_page_count = 1000000" : "DROP TRIGGER full_disk ON user_pets");
      assert.equal((await bench.process(id)).result, "success");
      assert.equal((await verifySnapshot(bench.database, id, new AbortController().signal))?.equal, true);
    });

    it("goes on with the other groups when a collection is none", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const { id, result } = await bench.take(makeText({ flaw: "wrong-types" }));
      assert.equal(result, "partial");
      assert.deepEqual(
        (await errorsOf(bench.database, id)).map((line) => line.split(" ")[0]),
        ["troops", "users"],
      );
      assert.equal((await dumpRows(bench.database))["user_pets"]?.length, 1);
    });
  });

  describe("rule 9", () => {
    it("maps columns, takes numeric text, and keeps the rest in extra: new keys over old ones", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      await bench.take(profile({ Troops: { 5: { Amount: "12", Level: 3, CurrentRarity: 4, FusionCards: 9, TraitsOwned: 2, OrbsUsed: 1, Mystery: { a: 1 } } } }));
      await bench.take(profile({ ServerTime: 1_764_600_001, Troops: [{ TroopId: 5, Amount: 13, OrbsUsed: 2, Other: 12345678901234567890n.toString() }] }));
      const row = await bench.database.read.selectFrom("user_troops").select(["amount", "level", "rarity", "extra"]).executeTakeFirstOrThrow();
      assert.deepEqual(row, { amount: 13, level: 1, rarity: 0, extra: '{"Mystery":{"a":1},"Orber":1}'.replace('"Orber":1', '"OrbsUsed":2,"Other":"12345678901234567890"') });
    });

    it("keeps numbers beyond 2^53 and __proto__ as they are, and leaves out what is above 16 KiB", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const text = `{"NameCode":"A","ProfileData":{"Huge":123456789012345678901,"__proto__":{"x":1},"Long":"${"x".repeat(20_000)}","ServerTime":1764600000,"Troops":[{"TroopId":1,"Note":"${"y".repeat(17_000)}"}]}}`;
      const { result, tally } = await bench.take(text);
      assert.equal(result, "success");
      assert.equal(tally.omitted, 2);
      const { extra } = await bench.database.read.selectFrom("user_profile_summary").select("extra").executeTakeFirstOrThrow();
      assert.equal(extra, '{"Huge":123456789012345678901,"Long":{"$omitted":true},"__proto__":{"x":1}}');
      assert.equal((await bench.database.read.selectFrom("user_troops").select("extra").executeTakeFirstOrThrow()).extra, '{"Note":{"$omitted":true}}');
    });

    it("never fails for many unknown fields: beyond 1 MiB in one object they are left out, what has a column is not", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`Quest${n}`, "x".repeat(10_000)]));
      const keys = Object.fromEntries(Array.from({ length: 400_000 }, (_, n) => [`Counter${n}`, n]));
      const troops = [{ ...many, TroopId: 5, Amount: 7 }];
      const { id, result, tally } = await bench.take(JSON.stringify({ ...many, ProfileData: { ...many, Troops: troops, Level: 9 }, NameCode: "HAND_ABCD" }));
      assert.equal(result, "success");
      // 104 values of 10,002 bytes fit into 1 MiB. Those beside the profile have the names of those in it.
      assert.equal(tally.omitted, 2 * (500 - 104));
      assert.equal((await summaryOf(bench, "HAND_ABCD")).level, 9);
      const troop = await bench.database.read.selectFrom("user_troops").select(["amount", "extra"]).executeTakeFirstOrThrow();
      assert.equal(troop.amount, 7);
      assert.equal(troop.extra.match(/xxx"/g)?.length, 104);
      assert.match(troop.extra, /"Quest104":\{"\$omitted":true\}/);
      assert.equal((await verifySnapshot(bench.database, id, new AbortController().signal))?.equal, true);
      assert.equal((await bench.take(profile(keys))).result, "success");
    });

    it("never fails for an unknown field, not even one nested a hundred thousand deep", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      for (const flaw of ["unknown-fields", "deep"] as const) {
        bench.clock.advance(1);
        assert.equal((await bench.take(makeText({ flaw }))).result, "success", flaw);
      }
      const { extra } = await bench.database.read.selectFrom("user_profile_summary").select("extra").executeTakeFirstOrThrow();
      assert.match(extra, /"Deep":\{"\$omitted":true\}.*"Zodiac":\{"a":1\}/);
    });
  });

  describe("rule 10", () => {
    it("keeps a name that is missing, and what others wrote; teams follow the newest profile, with their slots", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      await bench.take(
        profile({
          Teams: [
            { Name: "a", Troops: [1, 2] },
            { Name: "b", Troops: [3] },
            { Name: "c", Troops: [] },
          ],
        }),
      );
      await bench.database.write((transaction) => transaction.updateTable("users").set({ email: "a@example.org", discord_user_id: "7" }).execute());
      await bench.take(profile({ Name: null, ServerTime: 1_764_600_001, Teams: [{ Name: "x", Troops: [9] }] }));
      const user = await bench.database.read.selectFrom("users").select(["username", "email", "discord_user_id"]).executeTakeFirstOrThrow();
      assert.deepEqual(user, { username: "Hand", email: "a@example.org", discord_user_id: "7" });
      const teams = await bench.database.read.selectFrom("user_teams").select(["slot", "name", "troops"]).execute();
      assert.deepEqual(teams, [{ slot: 0, name: "x", troops: "[9]" }]);
      assert.deepEqual(await bench.database.read.selectFrom("team_troops").select(["position", "troop_id"]).execute(), [{ position: 0, troop_id: 9 }]);
      const known = await bench.database.read.selectFrom("catalog").select(["kind", "id", "meta"]).orderBy("id").execute();
      assert.deepEqual(
        known.map(({ kind, id }) => `${kind} ${id}`),
        ["troop 1", "troop 2", "troop 3", "troop 9"],
      );
      assert.equal(known[0]?.meta, '{"placeholder":true}');
    });
  });

  describe("rule 11", () => {
    it("never overwrites rows of a newer snapshot, in whatever order they come; absent rows stay", async (test) => {
      const older = profile({
        ServerTime: 1_764_600_000,
        Level: 1,
        Troops: [
          { TroopId: 1, Amount: 1 },
          { TroopId: 2, Amount: 2 },
        ],
        Teams: [{ Name: "old" }, { Name: "old" }],
      });
      const newer = profile({ ServerTime: 1_764_700_000, Level: 9, Name: "New", Troops: [{ TroopId: 1, Amount: 100, Level: 5 }], Teams: [{ Name: "new" }] });
      const forth = await makeBench(test, await fresh(cleaning(test)));
      await forth.take(older);
      await forth.take(newer);
      const back = await makeBench(test, await fresh(cleaning(test)));
      await back.take(newer);
      await back.take(older);
      const expected = await dumpRows(forth.database);
      assert.deepEqual(await dumpRows(back.database), expected);
      assert.equal(expected["user_troops"]?.length, 2);
      assert.equal(expected["user_teams"]?.length, 1);
      assert.deepEqual((await summaryOf(back, "HAND_ABCD")).level, 9);
    });

    it("keeps the newest when many run at once", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const texts = Array.from({ length: 6 }, (_, index) =>
        profile({ ServerTime: 1_764_600_000 + index, Level: index, Troops: Array.from({ length: 40 }, (__, id) => ({ TroopId: id, Amount: index })) }),
      );
      const ids: number[] = [];
      for (const text of texts) ids.push(Number((await bench.ingest(text)).body["snapshot_id"]));
      await Promise.all(ids.toReversed().map((id) => bench.process(id, { batchRows: 7 })));
      const amounts = await bench.database.read.selectFrom("user_troops").select("amount").distinct().execute();
      assert.deepEqual(amounts, [{ amount: 5 }]);
      assert.equal((await summaryOf(bench, "HAND_ABCD")).level, 5);
    });
  });

  describe("rule 12 and the worked examples", () => {
    it("tiny: sums, summary, top troops, equipped pet", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      assert.equal((await bench.take(makeText())).result, "success");
      assert.deepEqual(await sums(bench), { troops: 3, amount: 107, owned: 3 });
      const { username, level, guild, top_troops, equipped_pet, pvp_tier } = await summaryOf(bench);
      assert.deepEqual(
        { username, level, guild: guild?.name, top_troops, equipped_pet, pvp_tier },
        {
          username: "Player 1",
          level: 904,
          guild: "Guild 34",
          top_troops: [
            { troop_id: 6002, amount: 58, level: 11 },
            { troop_id: 6001, amount: 47, level: 4 },
            { troop_id: 6000, amount: 2, level: 1 },
          ],
          equipped_pet: { pet_id: 100, level: 1 },
          pvp_tier: 0,
        },
      );
    });

    it("large: 2.5 MB, 9,000 troops, the unknown History left out, and parity", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const { id, tally } = await bench.take(makeText({ size: "large" }));
      assert.deepEqual(await sums(bench), { troops: 9000, amount: 266_590, owned: 8850 });
      assert.equal(tally.omitted, 1);
      const parity = await verifySnapshot(bench.database, id, new AbortController().signal);
      assert.ok(parity?.equal);
      assert.deepEqual([parity.groups.troops.equal, parity.groups.pets.equal, parity.groups.teams.equal], [9000, 3000, 50]);
      await bench.database.write((transaction) => transaction.updateTable("user_pets").set({ xp: 1 }).where("pet_id", "=", 150).execute());
      assert.deepEqual((await verifySnapshot(bench.database, id, new AbortController().signal))?.groups.pets.different, ["150"]);
    });

    it("wrapped and bare, map and list forms leave identical rows", async (test) => {
      const dumps = [];
      for (const form of ["array", "map"] as const)
        for (const wrap of [false, true]) {
          const bench = await makeBench(test, await fresh(cleaning(test)));
          await bench.take(makeText({ size: "small", shape: { form, wrap } }));
          dumps.push(await dumpRows(bench.database));
        }
      for (const dump of dumps) assert.deepEqual(dump, dumps[0]);
    });
  });

  describe("rule 13", () => {
    it("leaves identical rows and the same errors when a snapshot is processed again", async (test) => {
      const bench = await makeBench(test, await fresh(cleaning(test)));
      const { id } = await bench.take(makeText({ size: "small", flaw: "bad-troop" }));
      const rows = await dumpRows(bench.database, { exact: true });
      const errors = await errorsOf(bench.database, id);
      bench.clock.advance(100_000);
      const again = await bench.process(id);
      assert.equal(again.result, "partial");
      const after = await dumpRows(bench.database, { exact: true });
      // Teams' troops are written anew under the same keys.
      assert.deepEqual(after, rows);
      assert.deepEqual(await errorsOf(bench.database, id), errors);
    });
  });
});

async function uploadOf(bench: Bench, id: number): Promise<string> {
  return (await bench.database.read.selectFrom("hero_snapshots").select("raw").where("id", "=", id).executeTakeFirstOrThrow()).raw;
}
