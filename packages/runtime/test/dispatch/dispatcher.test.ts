import assert from "node:assert/strict";
import { test } from "node:test";
import { CofferdamError, type JobType, type Lease } from "../../src/model/index.ts";
import { STOCK_MS_MAX } from "../../src/dispatch/stock.ts";
import { createDispatcher, UNLIMITED_MEMORY, type LaneSetting } from "../../src/dispatch/index.ts";
import { createFakeClock, settle } from "./fake-clock.ts";
import { jobTypeOf } from "../job-type.ts";
import { createMemoryQueue } from "./memory-queue.ts";

interface Setting {
  types?: readonly JobType[];
  lanes?: LaneSetting[];
  before?: (what: "claim" | "release" | "nextDueMs") => Promise<void>;
}

function laneOf(name: string, concurrency: number): LaneSetting {
  return { name, concurrency, dispatchPaused: null };
}

function setUp(setting: Setting = {}) {
  const clock = createFakeClock();
  const queue = createMemoryQueue({ nowMs: () => clock.nowMs(), before: setting.before ?? (() => Promise.resolve()) });
  const types = new Map((setting.types ?? [jobTypeOf("work")]).map((type) => [type.type, type]));
  const lanes = setting.lanes ?? [laneOf("default", 2)];
  const started: Lease[] = [];
  const packs: (readonly Lease[])[] = [];
  const errors: unknown[] = [];
  const dispatcher = createDispatcher({
    queue: queue.port,
    clock,
    owner: "r1",
    types: () => types,
    lanes: () => lanes,
    memory: UNLIMITED_MEMORY,
    start(_, leases) {
      packs.push(leases);
      started.push(...leases);
    },
    onCancelled: () => undefined,
    onError: (error) => errors.push(error),
  });
  let added = 0;
  function add(difference: { type?: string; lane?: string; priority?: number; runAtMs?: number } = {}): string {
    added += 1;
    const id = `j${String(added).padStart(5, "0")}`;
    queue.add({ id, type: "work", lane: "default", priority: 0, runAtMs: clock.nowMs(), ...difference });
    return id;
  }
  return { clock, queue, types, lanes, started, packs, errors, dispatcher, add };
}

const CLEAN = { kind: "clean", wallMs: 100 } as const;

test("nothing is claimed before it is told to begin", async () => {
  const { dispatcher, add, started } = setUp();
  add();
  dispatcher.wake();
  await settle();
  assert.equal(started.length, 0);
  dispatcher.resume();
  await settle();
  assert.equal(started.length, 1);
  await dispatcher.close();
});

test("a lane runs as many as it may, and the next when one has ended", async () => {
  const { dispatcher, add, started } = setUp();
  for (let count = 0; count < 3; count += 1) add();
  dispatcher.resume();
  await settle();
  assert.deepEqual([started.length, dispatcher.load().lanes.get("default")], [2, 2]);
  const [first] = started;
  assert.ok(first !== undefined);
  dispatcher.attemptEnded(first, CLEAN);
  dispatcher.attemptEnded(first, CLEAN);
  await settle();
  assert.deepEqual([started.length, dispatcher.load().types.get("work")], [3, 2]);
  await dispatcher.close();
});

test("an idle lane is not asked again until something wakes it", async () => {
  const { dispatcher, queue, add, started } = setUp();
  dispatcher.resume();
  await settle();
  const asked = queue.claims.length;
  add();
  await settle();
  assert.equal(queue.claims.length, asked);
  dispatcher.wake("default");
  await settle();
  assert.equal(started.length, 1);
  await dispatcher.close();
});

test("the highest priority runs first, then the oldest", async () => {
  const { dispatcher, add, started } = setUp({ lanes: [laneOf("default", 1)] });
  const ids = [add({ priority: -5 }), add({ priority: 9 }), add(), add({ priority: 9 }), add()];
  dispatcher.resume();
  for (let index = 0; index < ids.length; index += 1) {
    await settle();
    const lease = started[index];
    assert.ok(lease !== undefined);
    dispatcher.attemptEnded(lease, CLEAN);
  }
  assert.deepEqual(
    started.map((lease) => lease.jobId),
    [ids[1], ids[3], ids[2], ids[4], ids[0]],
  );
  await dispatcher.close();
});

test("a type at its limit lets other types pass", async () => {
  const { dispatcher, add, started } = setUp({ types: [jobTypeOf("one", { concurrency: 1 }), jobTypeOf("work")], lanes: [laneOf("default", 3)] });
  for (let count = 0; count < 3; count += 1) add({ type: "one", priority: 50 });
  add();
  dispatcher.resume();
  await settle();
  assert.deepEqual(started.map((lease) => lease.type).sort(), ["one", "work"]);
  const one = started.find((lease) => lease.type === "one");
  assert.ok(one !== undefined);
  dispatcher.attemptEnded(one, CLEAN);
  await settle();
  assert.equal(started.filter((lease) => lease.type === "one").length, 2);
  await dispatcher.close();
});

test("a type's limit holds over all lanes, and the lane that had to wait is served next", async () => {
  const { dispatcher, add, started } = setUp({ types: [jobTypeOf("one", { concurrency: 1 })], lanes: [laneOf("a", 2), laneOf("b", 2)] });
  add({ type: "one", lane: "a" });
  add({ type: "one", lane: "b" });
  dispatcher.resume();
  await settle();
  assert.equal(started.length, 1);
  const [first] = started;
  assert.ok(first !== undefined);
  dispatcher.attemptEnded(first, CLEAN);
  await settle();
  assert.deepEqual(started.map((lease) => lease.lane).sort(), ["a", "b"]);
  await dispatcher.close();
});

test("a lane whose only job is of a type that another lane's empty claim held is not forgotten", async () => {
  const { dispatcher, add, started } = setUp({ types: [jobTypeOf("one", { concurrency: 1 })], lanes: [laneOf("a", 2), laneOf("b", 2), laneOf("c", 2)] });
  dispatcher.resume();
  await settle();
  add({ type: "one", lane: "a" });
  dispatcher.wake();
  await settle();
  assert.equal(started.length, 1);
  await dispatcher.close();
});

test("jobs of a type that no module defines stay in the queue until one does", async () => {
  const { dispatcher, add, queue, started, types } = setUp({ lanes: [laneOf("default", 1)] });
  for (let count = 0; count < 40; count += 1) add({ type: "gone", priority: 100 });
  add();
  dispatcher.resume();
  await settle();
  assert.deepEqual(
    started.map((lease) => lease.type),
    ["work"],
  );
  assert.equal(queue.waiting().length, 40);
  types.set("gone", jobTypeOf("gone"));
  const [first] = started;
  assert.ok(first !== undefined);
  dispatcher.attemptEnded(first, CLEAN);
  dispatcher.wake();
  await settle();
  assert.equal(started.at(-1)?.type, "gone");
  await dispatcher.close();
});

test("a paused lane waits until it is resumed, or until its pause is over", async () => {
  const { dispatcher, add, clock, lanes, started } = setUp();
  lanes[0] = { ...laneOf("default", 2), dispatchPaused: { reason: "deploy", untilMs: clock.nowMs() + 5000, atMs: clock.nowMs() } };
  add();
  dispatcher.resume();
  await clock.pass(4999);
  assert.equal(started.length, 0);
  await clock.pass(1);
  assert.equal(started.length, 1);
  lanes[0] = { ...laneOf("default", 2), dispatchPaused: { reason: "by hand", untilMs: null, atMs: clock.nowMs() } };
  add();
  dispatcher.wake();
  await clock.pass(300_000);
  assert.equal(started.length, 1);
  lanes[0] = laneOf("default", 2);
  dispatcher.wake("default");
  await settle();
  assert.equal(started.length, 2);
  await dispatcher.close();
});

test("delayed jobs start when they are due, those from before and those told of", async () => {
  const { dispatcher, add, clock, started } = setUp();
  add({ runAtMs: clock.nowMs() + 10_000 });
  dispatcher.resume();
  await settle();
  const soonMs = clock.nowMs() + 2500;
  add({ runAtMs: soonMs });
  dispatcher.wakeAt(soonMs);
  await clock.pass(2499);
  assert.equal(started.length, 0);
  await clock.pass(1);
  assert.equal(started.length, 1);
  await clock.pass(7500);
  assert.equal(started.length, 2);
  await dispatcher.close();
});

test("a job that is due far in the future survives a jump of the wall clock", async () => {
  const { dispatcher, add, clock, started } = setUp();
  add({ runAtMs: clock.nowMs() + 86_400_000 });
  dispatcher.resume();
  await settle();
  clock.jump(86_400_000);
  await clock.pass(60_000);
  assert.equal(started.length, 1);
  await dispatcher.close();
});

test("short jobs are handed over together; one slot counts once", async () => {
  const { dispatcher, queue, add, packs, started } = setUp({ lanes: [laneOf("default", 1)] });
  for (let count = 0; count < 200; count += 1) add();
  dispatcher.resume();
  let ended = 0;
  while (ended < 200) {
    await settle();
    assert.ok((dispatcher.load().lanes.get("default") ?? 0) <= 1);
    const lease = started[ended];
    assert.ok(lease !== undefined);
    dispatcher.attemptEnded(lease, { kind: "clean", wallMs: 1 });
    ended += 1;
  }
  assert.equal(Math.max(...packs.map((pack) => pack.length)), 25, "25 ms of work of 1 ms each");
  assert.ok(packs.every((pack) => pack.length <= 25));
  assert.ok(queue.claims.length < 40, `${queue.claims.length} claims`);
  await dispatcher.close();
});

test("a full store is left in peace for a while and nothing is lost", async () => {
  let broken = true;
  const { dispatcher, queue, add, clock, started, errors } = setUp({
    before: (what) => (broken && what === "claim" ? Promise.reject(new CofferdamError("store_full", "disk full")) : Promise.resolve()),
  });
  for (let count = 0; count < 2; count += 1) add();
  dispatcher.resume();
  await clock.pass(10_000);
  assert.equal(started.length, 0);
  assert.ok(errors.length > 3 && errors.length < 20, `${errors.length} errors`);
  assert.equal(queue.waiting().length, 2);
  broken = false;
  await clock.pass(5000);
  assert.equal(started.length, 2);
  await dispatcher.close();
});

test("a start that throws gives the lease back", async () => {
  const clock = createFakeClock();
  const queue = createMemoryQueue({ nowMs: () => clock.nowMs(), before: () => Promise.resolve() });
  let throwing = true;
  const started: Lease[] = [];
  const dispatcher = createDispatcher({
    queue: queue.port,
    clock,
    owner: "r1",
    types: () => new Map([["work", jobTypeOf("work")]]),
    lanes: () => [laneOf("default", 1)],
    memory: UNLIMITED_MEMORY,
    start(_, leases) {
      if (throwing) throw new Error("no");
      started.push(...leases);
    },
    onCancelled: () => undefined,
    onError: () => undefined,
  });
  queue.add({ id: "j1", type: "work", lane: "default", priority: 0, runAtMs: 0 });
  dispatcher.resume();
  await settle();
  assert.deepEqual([queue.waiting().length, dispatcher.load().lanes.size], [1, 0]);
  throwing = false;
  await clock.pass(1000);
  assert.equal(started.length, 1);
  await dispatcher.close();
});

test("what a claim brings after pause or close goes back", async () => {
  let answer = (): void => undefined;
  const { dispatcher, queue, add, started } = setUp({
    before: (what) =>
      what === "claim"
        ? new Promise((resolve) => {
            answer = resolve;
          })
        : Promise.resolve(),
  });
  add();
  dispatcher.resume();
  await settle();
  const closed = dispatcher.close();
  answer();
  await closed;
  assert.deepEqual([started.length, queue.waiting().length, queue.leased()], [0, 1, 0]);
});

test("a closed dispatcher leaves no timer", async () => {
  const { dispatcher, clock, add } = setUp();
  add({ runAtMs: clock.nowMs() + 1000 });
  dispatcher.resume();
  await settle();
  await dispatcher.close();
  await dispatcher.close();
  assert.equal(clock.timers(), 0);
});

/** One slot that runs short jobs, busy with a pack, and the next ones claimed already. */
async function busyWithShortJobs(jobs: number) {
  const scene = setUp({ lanes: [laneOf("default", 1)] });
  const ids = Array.from({ length: jobs }, () => scene.add());
  scene.dispatcher.resume();
  let ended = 0;
  /** Ends what runs, one after the other. */
  const endPack = async (): Promise<void> => {
    const pack = scene.packs.at(-1) ?? [];
    for (const lease of pack) scene.dispatcher.attemptEnded(lease, { kind: "clean", wallMs: 1 });
    ended += pack.length;
    await settle();
  };
  await settle();
  while ((scene.packs.at(-1)?.length ?? 0) < 25) await endPack();
  return { ...scene, ids, endPack, ended: () => ended };
}

test("the next pack of short jobs is claimed while the slot is busy, and handed over without asking again", async () => {
  const { dispatcher, queue, started, packs, endPack } = await busyWithShortJobs(400);
  const ahead = queue.leased() - started.length;
  assert.equal(ahead, 25, "one pack waits here");
  const packsBefore = packs.length;
  const claimsBefore = queue.claims.length;
  await endPack();
  assert.equal(packs.length, packsBefore + 1);
  assert.equal(queue.claims.length, claimsBefore + 1, "for the pack after that");
  await dispatcher.close();
  assert.equal(queue.leased(), started.length, "what was not begun went back");
});

test("what runs in a process of its own is handed over one by one, however short it is", async () => {
  const { dispatcher, packs, add } = setUp({ lanes: [laneOf("default", 1)], types: [jobTypeOf("work", { isolation: "process" })] });
  for (let jobs = 0; jobs < 40; jobs += 1) add();
  dispatcher.resume();
  await settle();
  for (let ended = 0; ended < 40; ended += 1) {
    for (const lease of packs[ended] ?? []) dispatcher.attemptEnded(lease, { kind: "clean", wallMs: 1 });
    await settle();
  }
  assert.deepEqual(
    packs.map((pack) => pack.length),
    Array.from({ length: 40 }, () => 1),
  );
  await dispatcher.close();
});

test("what was claimed early goes back when the slot is not free in time, and is not claimed early again", async () => {
  const { dispatcher, queue, clock, started } = await busyWithShortJobs(400);
  await clock.pass(STOCK_MS_MAX);
  assert.equal(queue.leased(), started.length);
  await clock.pass(1000);
  assert.equal(queue.leased(), started.length);
  await dispatcher.close();
});

test("a job that is cancelled while its lease waits here is given back, not begun", async () => {
  const { dispatcher, queue, started, endPack } = await busyWithShortJobs(400);
  const begun = new Set(started.map(({ jobId }) => jobId));
  const waiting = new Set(queue.waiting().map(({ id }) => id));
  const kept = Array.from({ length: 400 }, (_, index) => `j${String(index + 1).padStart(5, "0")}`).filter((id) => !begun.has(id) && !waiting.has(id));
  const [withdrawn = ""] = kept;
  dispatcher.withdraw(withdrawn);
  await endPack();
  assert.ok(kept.slice(1).every((id) => started.some(({ jobId }) => jobId === id)));
  assert.ok(!started.some(({ jobId }) => jobId === withdrawn));
  await dispatcher.close();
});

test("what was claimed early and goes back when the jobs turn out long is asked for again, also when nothing else waits", async () => {
  for (let jobs = 60; jobs <= 130; jobs += 1) {
    const { dispatcher, clock, started, packs } = await busyWithShortJobs(jobs);
    const startMs = clock.nowMs();
    for (let seen = 0; seen < packs.length;) {
      seen = packs.length;
      for (const lease of packs.at(-1) ?? []) dispatcher.attemptEnded(lease, { kind: "abnormal" });
      await settle();
      await settle();
    }
    assert.deepEqual([started.length, clock.nowMs()], [jobs, startMs], `of ${jobs} jobs all ran, without a timer`);
    await dispatcher.close();
  }
});

test("a lease that never began goes back as soon as the store takes it", async () => {
  let broken = false;
  const { dispatcher, queue, add, clock, started } = setUp({
    before: (what) => (broken && what === "release" ? Promise.reject(new CofferdamError("store_full", "disk full")) : Promise.resolve()),
  });
  add();
  dispatcher.resume();
  await settle();
  const [lease] = started;
  assert.ok(lease !== undefined);
  broken = true;
  dispatcher.attemptEnded(lease, { kind: "not-started" });
  dispatcher.giveBack(lease);
  await clock.pass(10_000);
  assert.deepEqual([queue.leased(), started.length], [1, 1], "nobody could take it back yet");
  broken = false;
  await clock.pass(5000);
  assert.equal(started.length, 2);
  await dispatcher.close();
});

test("a job that was withdrawn and is asked for anew starts, while another lane's claim is under way", async () => {
  const slow = Promise.withResolvers<void>();
  const lanes = [laneOf("fast", 1), laneOf("slow", 1)];
  const { dispatcher, queue, started } = setUp({
    lanes,
    async before(what) {
      assert.ok(queue.claims.length < 20, "it is not given back again and again");
      if (what === "claim" && queue.claims.at(-1)?.lane === "slow") await slow.promise;
    },
  });
  queue.add({ id: "j1", type: "work", lane: "fast", priority: 0, runAtMs: 0 });
  dispatcher.resume();
  dispatcher.withdraw("j1");
  for (let turn = 0; turn < 10; turn += 1) await settle();
  assert.deepEqual(
    started.map(({ jobId }) => jobId),
    ["j1"],
    "given back once, then started: it was not cancelled",
  );
  slow.resolve();
  await dispatcher.close();
});
