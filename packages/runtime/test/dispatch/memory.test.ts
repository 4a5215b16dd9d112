// The dispatcher and the memory: what is reserved, who waits, who passes whom.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDispatcher, type Dispatcher, type LaneSetting } from "../../src/dispatch/index.ts";
import { DEFAULT_JOB_BUDGET, type JobType, type Lease } from "../../src/model/index.ts";
import { createFakeClock, settle } from "./fake-clock.ts";
import { jobTypeOf } from "../job-type.ts";
import { seeded } from "../seeded.ts";
import { createMemoryQueue } from "./memory-queue.ts";

const MIB = 1024 ** 2;
const CLEAN = { kind: "clean", wallMs: 100 } as const;

function typeOf(type: string, memoryMib: number): JobType {
  return jobTypeOf(type, { budget: { ...DEFAULT_JOB_BUDGET, memoryBytes: memoryMib * MIB } });
}

function setUp(setting: { types: readonly JobType[]; capacityMib: number; bypassMax?: number; lanes?: LaneSetting[]; gate?: () => "open" | "closed" }) {
  const clock = createFakeClock();
  const queue = createMemoryQueue({ nowMs: () => clock.nowMs(), before: () => Promise.resolve() });
  const types = new Map(setting.types.map((type) => [type.type, type]));
  const lanes = setting.lanes ?? [{ name: "default", concurrency: 8, dispatchPaused: null }];
  const running: Lease[] = [];
  const packs: (readonly Lease[])[] = [];
  let order: string[] = [];
  const dispatcher: Dispatcher = createDispatcher({
    queue: queue.port,
    clock,
    owner: "r1",
    types: () => types,
    lanes: () => lanes,
    memory: {
      rule: { capacityBytes: setting.capacityMib * MIB, bypassMax: setting.bypassMax ?? 100, bypassMs: 60_000 },
      needBytes: (jobType) => jobType.budget.memoryBytes ?? 0,
      gate: setting.gate ?? (() => "open"),
    },
    start(_, leases) {
      packs.push(leases);
      running.push(...leases);
      order.push(...leases.map(({ type }) => type));
    },
    onCancelled: () => undefined,
    onError: (error) => assert.fail(String(error)),
  });
  let added = 0;
  return {
    clock,
    queue,
    dispatcher,
    running,
    packs,
    lanes,
    order: () => order,
    forget: () => (order = []),
    add(type: string, priority = 0, lane = "default") {
      added += 1;
      queue.add({ id: `j${String(added).padStart(5, "0")}`, type, lane, priority, runAtMs: clock.nowMs() });
    },
    async end(index = 0) {
      const [lease] = running.splice(index, 1);
      assert.ok(lease !== undefined);
      dispatcher.attemptEnded(lease, CLEAN);
      await settle();
      await settle();
    },
  };
}

test("what does not fit waits, and smaller jobs pass it", async () => {
  const { dispatcher, add, order, end, queue } = setUp({ types: [typeOf("big", 800), typeOf("small", 200)], capacityMib: 1000 });
  add("small");
  add("big");
  add("big");
  add("small");
  dispatcher.resume();
  await settle();
  await settle();
  assert.deepEqual(order(), ["small", "big"]);
  assert.equal(dispatcher.memory().reservedBytes, 1000 * MIB);
  assert.equal(queue.leased(), 2, "what did not fit went back");
  await end(1);
  assert.deepEqual(order(), ["small", "big", "big"], "the older one first: it fits now");
  await end(0);
  assert.deepEqual(order(), ["small", "big", "big", "small"]);
  await dispatcher.close();
});

test("a big job is passed at most so many times; then room is kept for it", async () => {
  const { dispatcher, add, order, end } = setUp({ types: [typeOf("big", 900), typeOf("small", 250)], capacityMib: 1000, bypassMax: 5 });
  add("small");
  add("small");
  add("big", 50);
  for (let count = 0; count < 40; count += 1) add("small");
  dispatcher.resume();
  await settle();
  await settle();
  assert.equal(order()[0], "big", "by priority it was first");
  add("big", 50);
  dispatcher.wake("default");
  await end(0);
  await settle();
  while (order().filter((type) => type === "big").length < 2) await end(0);
  const between = order().slice(1, order().lastIndexOf("big"));
  assert.ok(between.length <= 5 + 4, `${between.length} small ones passed`);
  await dispatcher.close();
});

test("without a bound a big job would starve: with the bound reached by time it is let in", async () => {
  const { clock, dispatcher, add, order, running } = setUp({ types: [typeOf("big", 900), typeOf("small", 400)], capacityMib: 1000, bypassMax: 1_000_000 });
  add("small");
  add("small");
  dispatcher.resume();
  await settle();
  add("big");
  for (let count = 0; count < 200; count += 1) add("small", 1);
  dispatcher.wake("default");
  for (let turn = 0; turn < 150 && !order().includes("big"); turn += 1) {
    await clock.pass(1000);
    const lease = running.shift();
    if (lease !== undefined) dispatcher.attemptEnded(lease, CLEAN);
    await settle();
  }
  assert.ok(order().includes("big"));
  assert.ok(order().length > 50, "meanwhile the others went on");
  await dispatcher.close();
});

test("a waiting job that is cancelled keeps nobody out", async () => {
  const { clock, dispatcher, add, order, end, queue } = setUp({ types: [typeOf("big", 1000), typeOf("small", 500)], capacityMib: 1000, bypassMax: 0 });
  add("small");
  dispatcher.resume();
  await settle();
  add("big", 9);
  add("small");
  dispatcher.wake("default");
  await settle();
  await settle();
  assert.equal(dispatcher.memory().keptFor?.type, "big");
  assert.deepEqual(order(), ["small"], "half of the memory is free, and kept");
  const [big] = await queue.port.claim({ lane: "default", limit: 1, perType: new Map([["small", 0]]), nowMs: clock.nowMs(), owner: "somebody else" });
  assert.equal(big?.type, "big");
  await end(0);
  await clock.pass(1500);
  assert.deepEqual(order(), ["small", "small"]);
  assert.equal(dispatcher.memory().blocked.length, 0);
  await dispatcher.close();
});

test("no room is kept for a job whose lane is paused", async () => {
  const paused = { name: "large", concurrency: 1, dispatchPaused: null };
  const setting = {
    types: [typeOf("big", 1000), typeOf("small", 300)],
    capacityMib: 1000,
    bypassMax: 0,
    lanes: [{ name: "default", concurrency: 4, dispatchPaused: null }, paused],
  };
  const { clock, dispatcher, add, order, lanes } = setUp(setting);
  add("small");
  dispatcher.resume();
  await settle();
  add("big", 0, "large");
  dispatcher.wake("large");
  await settle();
  await settle();
  assert.equal(dispatcher.memory().keptFor?.type, "big");
  lanes[1] = { ...paused, dispatchPaused: { reason: "maintenance", untilMs: null, atMs: clock.nowMs() } };
  add("small");
  dispatcher.wake();
  await settle();
  await settle();
  assert.deepEqual(order(), ["small", "small"]);
  await dispatcher.close();
});

test("a pack that is handed ahead to one worker reserves once", async () => {
  const { clock, dispatcher, add, packs, running } = setUp({ types: [typeOf("tiny", 100)], capacityMib: 1000, lanes: [{ name: "default", concurrency: 1, dispatchPaused: null }] });
  for (let count = 0; count < 200; count += 1) add("tiny");
  dispatcher.resume();
  for (let turn = 0; turn < 30 && !packs.some((pack) => pack.length > 1); turn += 1) {
    await settle();
    for (const lease of running.splice(0)) dispatcher.attemptEnded(lease, { kind: "clean", wallMs: 1 });
    await clock.pass(0);
  }
  await settle();
  assert.ok((packs.at(-1)?.length ?? 0) > 1, "the worker was handed several");
  assert.equal(dispatcher.memory().reservedBytes, 100 * MIB);
  await dispatcher.close();
});

test("a machine short of memory: one at a time, and all again when it has recovered", async () => {
  let gate: "open" | "closed" = "closed";
  const { clock, dispatcher, add, order, end } = setUp({ types: [typeOf("work", 100)], capacityMib: 1000, gate: () => gate });
  for (let count = 0; count < 5; count += 1) add("work");
  dispatcher.resume();
  await settle();
  await settle();
  assert.equal(order().length, 1);
  await end(0);
  assert.equal(order().length, 2, "the next one when nothing runs");
  gate = "open";
  await clock.pass(1500);
  assert.equal(order().length, 5, "nobody had to wake it");
  await dispatcher.close();
});

for (const seed of [1, 2, 3]) {
  test(`hundreds of jobs of all sizes: never more than there is, and all of them run, seed ${seed}`, async () => {
    const chance = seeded(seed);
    const types = [typeOf("a", 50), typeOf("b", 200), typeOf("c", 700), typeOf("d", 5000)];
    const { clock, dispatcher, add, running, order } = setUp({ types, capacityMib: 1000, bypassMax: 10 });
    for (let count = 0; count < 300; count += 1) add(types[Math.min(3, Math.floor(chance() ** 2 * 4))]?.type ?? "a", Math.floor(chance() * 3));
    dispatcher.resume();
    for (let turn = 0; order().length < 300; turn += 1) {
      assert.ok(turn < 20_000, `only ${order().length} of 300 were started; ${JSON.stringify(dispatcher.memory())}`);
      await settle();
      assert.ok(dispatcher.memory().reservedBytes <= 1000 * MIB);
      const [lease] = running.splice(Math.floor(chance() * running.length), 1);
      if (lease === undefined) await clock.pass(300);
      else dispatcher.attemptEnded(lease, chance() < 0.1 ? { kind: "abnormal" } : { kind: "clean", wallMs: 5 + chance() * 50 });
    }
    await dispatcher.close();
  });
}
