import { test } from "node:test";
import assert from "node:assert/strict";
import { makeId, type IdempotencyEntry, type LaneRecord, type Lease, type ScheduleRecord } from "../../src/model/index.ts";
import type { PruneRule, Store } from "../../src/store/index.ts";
import { makeJob, makeSettlement } from "../conformance/make.ts";
import { makeDirectory, openAt } from "./open-store.ts";

const NOW_MS = 1_790_000_000_000;
const KEEP_ALL: PruneRule = { succeededBeforeMs: 0, failedBeforeMs: 0, idempotencyBeforeMs: 0, logsInUse: [], limit: 1000 };

test("schedules and lanes are kept across a restart", async (context) => {
  const dataDir = await makeDirectory(context);
  const schedule: ScheduleRecord = {
    key: "nightly",
    type: "report.import",
    cron: "0 3 * * *",
    timeZone: "Europe/Vienna",
    input: "{}",
    lane: null,
    overlap: "skip",
    catchUp: "latest",
    origin: "api",
    paused: false,
    lastSlotMs: null,
    lastJobId: null,
    missed: 0,
    updatedAtMs: NOW_MS,
  };
  const lane: LaneRecord = { name: "large", concurrency: 2, memoryBytes: null, dispatchPaused: { reason: "release", untilMs: null, atMs: NOW_MS }, intakePaused: null };
  const store = await openAt(dataDir);
  assert.equal(await store.putSchedule(schedule), "created");
  assert.equal(await store.putSchedule({ ...schedule, missed: 3 }), "updated");
  assert.equal(await store.putSchedule({ ...schedule, key: "hourly" }), "created");
  assert.equal(await store.removeSchedule("hourly"), "removed");
  assert.equal(await store.removeSchedule("hourly"), "missing");
  await store.putLane({ ...lane, concurrency: 1 });
  await store.putLane(lane);
  await store.close();
  const again = await openAt(dataDir);
  assert.deepEqual(await again.schedules(), [{ ...schedule, missed: 3 }]);
  assert.deepEqual(await again.lanes(), [lane]);
  await again.close();
});

test("an answer is remembered once, under its key", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const entry: IdempotencyEntry = { key: "k-1", requestHash: "abc", status: 201, body: '{"id":"j_1"}', createdAtMs: NOW_MS };
  assert.equal(await store.idempotency("k-1"), null);
  assert.equal(await store.putIdempotency(entry), "stored");
  assert.equal(await store.putIdempotency({ ...entry, status: 500 }), "exists");
  assert.deepEqual(await store.idempotency("k-1"), entry);
  await store.prune({ ...KEEP_ALL, idempotencyBeforeMs: NOW_MS });
  assert.deepEqual(await store.idempotency("k-1"), entry);
  await store.prune({ ...KEEP_ALL, idempotencyBeforeMs: NOW_MS + 1 });
  assert.equal(await store.idempotency("k-1"), null);
  await store.close();
});

test("the answer to a request is stored with its job, and only with a new one", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const answer = (key: string): IdempotencyEntry => ({ key, requestHash: "abc", status: 201, body: "{}", createdAtMs: NOW_MS });
  await store.enqueue([makeJob({ id: "j_1", uniqueKey: "one", answer: answer("k-1") })]);
  assert.deepEqual(await store.idempotency("k-1"), answer("k-1"));
  const [again] = await store.enqueue([makeJob({ id: "j_2", uniqueKey: "one", answer: answer("k-2") })]);
  assert.equal(again?.deduplicated, true);
  assert.equal(await store.idempotency("k-2"), null);
  const taken = makeJob({ id: "j_3", answer: answer("k-3") });
  await assert.rejects(store.enqueue([taken, taken]), "a job's id is taken once: neither the jobs nor the answer are stored");
  assert.equal(await store.idempotency("k-3"), null);
  await store.close();
});

test("unfinished: the leases of other owners, with their intents and checkpoints", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const [first, second] = await enqueueAndClaim(store, 2, "r_old");
  await enqueueAndClaim(store, 1, "r_new");
  assert.ok(first !== undefined && second !== undefined);
  const intent = { kind: "memory", limit: 100, observed: 120, atMs: NOW_MS } as const;
  await store.recordIntent(first, intent);
  await store.recordIntent({ ...second, token: "l_stale" }, intent);
  await store.checkpoint(second, '{"offset":5}');
  assert.deepEqual(await store.unfinished("r_new"), [
    { lease: first, owner: "r_old", intent },
    { lease: { ...second, checkpoint: '{"offset":5}' }, owner: "r_old", intent: null },
  ]);
  await store.close();
});

test("prune removes what is old enough, bounded, and names the log files that nobody needs", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const leases = await enqueueAndClaim(store, 6, "r_1");
  const settlements = leases.map((lease, index) =>
    makeSettlement(lease, index < 4 ? { kind: "complete" } : { kind: "give-up", counts: "error", reason: "enough" }, NOW_MS + index, {
      log: { file: index < 2 ? "old.log" : "shared.log", from: index, to: index + 1 },
    }),
  );
  await store.settle(settlements);
  const gone = leases[0]?.jobId ?? "";
  assert.equal(await store.wasPruned(gone), false);
  const rule = { ...KEEP_ALL, succeededBeforeMs: NOW_MS + 100, limit: 3 };
  assert.deepEqual(await store.prune(rule), { jobs: 3, logFiles: ["old.log"] });
  assert.deepEqual(await store.prune(rule), { jobs: 1, logFiles: [] });
  assert.deepEqual(await store.prune(rule), { jobs: 0, logFiles: [] });
  assert.equal(await store.job(gone), null);
  assert.deepEqual(await store.attempts(gone), []);
  assert.equal(await store.wasPruned(gone), true);
  assert.equal(await store.wasPruned(leases[5]?.jobId ?? ""), false, "it is still there");
  assert.equal(await store.wasPruned("j_ffffffffffff00000000000000000000"), false);
  assert.equal(await store.wasPruned("nonsense"), false);
  assert.deepEqual(await store.prune({ ...KEEP_ALL, failedBeforeMs: NOW_MS + 100 }), { jobs: 2, logFiles: ["shared.log"] });
  assert.deepEqual(await store.counts(), []);
  await store.close();
});

test("a slot stays taken until its job is gone and it is older than everything that is kept", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const [first, again, other] = [0, 1, 2].map((at) => makeJob({ id: makeId("job", NOW_MS + at, new Uint8Array(10)), scheduleSlot: "nightly@2026-09-21T03:00:00Z" }));
  assert.ok(first !== undefined && again !== undefined && other !== undefined);
  await store.enqueue([first]);
  await store.cancel(first.id, "me", "enough", NOW_MS);
  const old = { ...KEEP_ALL, failedBeforeMs: NOW_MS };
  assert.equal((await store.prune(old)).jobs, 0);
  assert.deepEqual(await store.enqueue([again]), [{ id: first.id, state: "cancelled", deduplicated: true }]);
  assert.equal((await store.prune({ ...KEEP_ALL, failedBeforeMs: NOW_MS + 1 })).jobs, 1);
  assert.deepEqual(await store.enqueue([other]), [{ id: other.id, state: "ready", deduplicated: false }]);
  await store.close();
});

test("an operation that fails by itself does not harm those that share its commit", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const [lease] = await enqueueAndClaim(store, 1, "r_1");
  assert.ok(lease !== undefined);
  const results = await Promise.allSettled([
    store.enqueue([makeJob({ id: "j_x", type: "new.type" })]),
    store.enqueue([makeJob({ id: "j_y", priority: Number.NaN })]),
    store.settle([makeSettlement(lease, { kind: "complete" }, NOW_MS + 5)]),
    store.enqueue([makeJob({ id: "j_x", type: "other.type" })]),
    store.enqueue([makeJob({ id: "j_z", type: "new.type" })]),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"],
  );
  assert.deepEqual((await store.counts()).map((each) => [each.type, each.state, each.count]).sort(), [
    ["new.type", "ready", 2],
    ["report.import", "succeeded", 1],
  ]);
  await store.close();
});

let lastJob = 0;

async function enqueueAndClaim(store: Store, count: number, owner: string): Promise<readonly Lease[]> {
  await store.enqueue(Array.from({ length: count }, () => makeJob({ id: `j_${NOW_MS.toString(16).padStart(12, "0")}${String((lastJob += 1)).padStart(20, "0")}` })));
  return store.claim({ lane: "default", limit: count, perType: new Map(), nowMs: NOW_MS, owner });
}
