import assert from "node:assert/strict";
import { test } from "node:test";
import { CofferdamError, type Lease } from "../../src/model/index.ts";
import { createDispatcher, UNLIMITED_MEMORY, type LaneSetting } from "../../src/dispatch/index.ts";
import { HAND_AHEAD_MAX } from "../../src/dispatch/pace.ts";
import { createFakeClock } from "./fake-clock.ts";
import { jobTypeOf } from "../job-type.ts";
import { seeded } from "../seeded.ts";
import { createMemoryQueue } from "./memory-queue.ts";

const TYPES = [
  { type: jobTypeOf("tiny"), wallMs: 1 },
  { type: jobTypeOf("small", { concurrency: 2 }), wallMs: 8 },
  { type: jobTypeOf("medium", { concurrency: 3 }), wallMs: 60 },
  { type: jobTypeOf("large"), wallMs: 400 },
  { type: jobTypeOf("single", { concurrency: 1 }), wallMs: 15 },
];
const JOBS = 2500;
const LANES = { fast: 4, slow: 2, narrow: 1 } as const;

/** Thousands of jobs over slow and failing store calls, bad ends, workers that give leases back, lanes that are paused and resumed. */
async function simulate(seed: number): Promise<void> {
  const chance = seeded(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(chance() * items.length)] ?? (items[0] as never);
  const clock = createFakeClock();
  const queue = createMemoryQueue({
    nowMs: () => clock.nowMs(),
    async before() {
      await new Promise<void>((resolve) => {
        clock.after(chance() * 5, resolve);
      });
      if (chance() < 0.05) throw new CofferdamError(chance() < 0.5 ? "store_full" : "store_failed", "by chance");
    },
  });
  const lanes = new Map<string, LaneSetting>(Object.entries(LANES).map(([name, concurrency]) => [name, { name, concurrency, dispatchPaused: null }]));
  const types = new Map(TYPES.map(({ type }) => [type.type, type]));
  const running = new Set<string>();
  const slotsOfLane = new Map<string, number>();
  const slotsOfType = new Map<string, number>();
  const done = new Set<string>();

  const dispatcher = createDispatcher({
    queue: queue.port,
    clock,
    owner: "r1",
    types: () => types,
    lanes: () => [...lanes.values()],
    memory: UNLIMITED_MEMORY,
    start(jobType, leases) {
      const lane = leases[0]?.lane ?? "";
      count(slotsOfLane, lane, 1);
      count(slotsOfType, jobType.type, 1);
      assert.ok((slotsOfLane.get(lane) ?? 0) <= (lanes.get(lane)?.concurrency ?? 0), `lane ${lane} over its limit`);
      assert.ok((slotsOfType.get(jobType.type) ?? 0) <= (jobType.concurrency ?? Infinity), `type ${jobType.type} over its limit`);
      assert.ok(leases.length <= HAND_AHEAD_MAX);
      for (const lease of leases) {
        assert.equal(lease.type, jobType.type);
        assert.ok(!running.has(lease.jobId) && !done.has(lease.jobId), "a job is handed over once");
        running.add(lease.jobId);
      }
      runNext([...leases]);
    },
    onCancelled: () => undefined,
    onError: (error) => assert.ok(error instanceof CofferdamError, String(error)),
  });

  /** One worker: one after the other. */
  function runNext(leases: Lease[]): void {
    const lease = leases.shift();
    if (lease === undefined) return;
    const last = leases.length === 0;
    const wallMs = (TYPES.find(({ type }) => type.type === lease.type)?.wallMs ?? 1) * (0.5 + chance());
    clock.after(wallMs, () => {
      running.delete(lease.jobId);
      done.add(lease.jobId);
      const stuck = !last && chance() < 0.02;
      const given = stuck ? leases.splice(0) : [];
      if (last || stuck) freeSlot(lease);
      dispatcher.attemptEnded(lease, chance() < 0.02 ? { kind: "abnormal" } : { kind: "clean", wallMs });
      for (const back of given) {
        running.delete(back.jobId);
        dispatcher.attemptEnded(back, { kind: "not-started" });
        dispatcher.giveBack(back);
      }
      runNext(leases);
    });
  }

  function freeSlot(lease: Lease): void {
    count(slotsOfLane, lease.lane, -1);
    count(slotsOfType, lease.type, -1);
  }

  for (let index = 0; index < JOBS; index += 1) {
    const runAtMs = clock.nowMs() + (chance() < 0.1 ? Math.floor(chance() * 20_000) : 0);
    const type = chance() < 0.5 ? "tiny" : pick(TYPES).type.type;
    queue.add({ id: `j${String(index).padStart(5, "0")}`, type, lane: pick(Object.keys(LANES)), priority: Math.floor(chance() * 5), runAtMs });
  }
  for (let index = 0; index < 20; index += 1) queue.add({ id: `u${index}`, type: "gone", lane: "fast", priority: 100, runAtMs: 0 });

  const toggle = clock.every(700, () => {
    const lane = lanes.get(pick(Object.keys(LANES)));
    if (lane === undefined) return;
    lanes.set(lane.name, { ...lane, dispatchPaused: lane.dispatchPaused === null ? { reason: "by chance", untilMs: clock.nowMs() + 2000 * chance(), atMs: clock.nowMs() } : null });
    dispatcher.wake(lane.name);
  });

  dispatcher.resume();
  for (let steps = 0; done.size < JOBS; steps += 1) {
    assert.ok(steps < 200_000, `only ${done.size} of ${JOBS} jobs ended`);
    await clock.step();
  }
  toggle();
  const closed = dispatcher.close();
  while (await clock.step());
  await closed;
  assert.equal(queue.waiting().filter((job) => job.type !== "gone").length, 0);
  assert.deepEqual([dispatcher.load().lanes.size, dispatcher.load().types.size], [0, 0]);
}

function count(counts: Map<string, number>, key: string, change: number): void {
  counts.set(key, (counts.get(key) ?? 0) + change);
}

for (const seed of [1, 2, 3]) test(`thousands of jobs in a hostile world, seed ${seed}`, () => simulate(seed));
