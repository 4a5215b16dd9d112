// What is removed from the data directory, and what is not: a real store, real files.
import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { keepHouse, type HousekeepingOptions } from "../../src/housekeeping.ts";
import type { Next } from "../../src/model/index.ts";
import { silentLogger } from "../../src/platform/index.ts";
import type { PruneResult, Store } from "../../src/store/index.ts";
import { makeJob, makeSettlement } from "../conformance/make.ts";
import { createFakeClock, settle } from "../dispatch/fake-clock.ts";
import { makeDirectory, openAt } from "../store/open-store.ts";

const DAY_MS = 86_400_000;

async function setUp(context: TestContext) {
  const directory = await makeDirectory(context);
  const of = (name: string): string => join(directory, name);
  const directories = { logs: of("logs"), flight: of("flight"), ledger: of("ledger"), artifacts: of("artifacts") };
  for (const each of Object.values(directories)) await mkdir(each);
  const store = await openAt(of("data"));
  const clock = createFakeClock();
  const inUse = new Set<string>();
  let jobs = 0;

  /** An attempt that ended so long ago. */
  async function ran(workerId: string, agoMs: number, next: Next): Promise<void> {
    const atMs = clock.nowMs() - agoMs;
    await store.enqueue([makeJob({ id: `j_${String((jobs += 1)).padStart(32, "0")}`, createdAtMs: atMs })]);
    const [lease] = await store.claim({ lane: "default", limit: 1, perType: new Map(), nowMs: atMs, owner: "r" });
    assert.ok(lease !== undefined);
    await store.settle([makeSettlement(lease, next, atMs, { log: { file: join(directories.logs, `${workerId}.log`), from: 0, to: 1 } })]);
  }
  async function leave(...workerIds: readonly string[]): Promise<void> {
    for (const workerId of workerIds) {
      await writeFile(join(directories.logs, `${workerId}.log`), "last words");
      for (const name of [workerId, `${workerId}.1`]) await writeFile(join(directories.flight, name), "");
      await writeFile(join(directories.ledger, workerId), "");
    }
  }
  const options: HousekeepingOptions = {
    store,
    retention: { succeededMs: DAY_MS, failedMs: 30 * DAY_MS },
    directories,
    workersInUse: () => inUse,
    clock,
    logger: silentLogger,
  };
  /** One round of housekeeping, to its end. */
  async function sweep(): Promise<void> {
    const pruned = Promise.withResolvers<void>();
    const prune: Store["prune"] = (rule) => store.prune(rule).finally(pruned.resolve);
    const house = keepHouse({ ...options, store: { strayLogs: (names) => store.strayLogs(names), prune } });
    await pruned.promise;
    await house.stop();
  }
  async function left(name: keyof typeof directories): Promise<readonly string[]> {
    return (await readdir(directories[name])).toSorted();
  }
  return { directories, options, inUse, ran, leave, sweep, left };
}

test("a worker's log outlives its old attempts, because more may come to it", async (context) => {
  const { inUse, ran, leave, sweep, left } = await setUp(context);
  inUse.add("w_1");
  await leave("w_1");
  await ran("w_1", 2 * DAY_MS, { kind: "complete" });
  await sweep();
  await ran("w_1", 0, { kind: "give-up", counts: "error", reason: "it killed its worker" });
  inUse.delete("w_1");
  await sweep();
  assert.deepEqual([await left("logs"), await left("flight")], [["w_1.log"], ["w_1", "w_1.1"]]);
});

test("a log goes with its last attempt when its worker is gone, and the flight record with it", async (context) => {
  const { inUse, ran, leave, sweep, left } = await setUp(context);
  inUse.add("w_1");
  await leave("w_1", "w_2");
  await ran("w_1", 2 * DAY_MS, { kind: "complete" });
  await ran("w_2", 2 * DAY_MS, { kind: "complete" });
  await sweep();
  assert.deepEqual([await left("logs"), await left("flight")], [["w_1.log"], ["w_1", "w_1.1"]]);
  inUse.delete("w_1");
  await sweep();
  assert.deepEqual([await left("logs"), await left("flight")], [[], []]);
});

test("what no attempt points to is removed at the start: workers that never had one, and what a kill left half removed", async (context) => {
  const { directories, inUse, ran, leave, sweep, left } = await setUp(context);
  inUse.add("w_living");
  await leave("w_living", "w_never", "w_known");
  await ran("w_known", 0, { kind: "complete" });
  await writeFile(join(directories.logs, "registrar.log"), "");
  await writeFile(join(directories.flight, "w_record_only.1"), "");
  await sweep();
  assert.deepEqual(await left("logs"), ["registrar.log", "w_known.log", "w_living.log"]);
  assert.deepEqual(await left("flight"), ["w_known", "w_known.1", "w_living", "w_living.1"]);
});

test("a ledger stays as long as its worker, or as an end of it is not stored", async (context) => {
  const { inUse, leave, sweep, left } = await setUp(context);
  inUse.add("w_living");
  await leave("w_gone", "w_living");
  await sweep();
  assert.deepEqual(await left("ledger"), ["w_living"]);
});

test("a portion full of logs is followed by the next, however few jobs there were", async (context) => {
  const { options } = await setUp(context);
  const first = Promise.withResolvers<void>();
  const portions: PruneResult[] = [{ jobs: 1, logFiles: Array.from({ length: 1000 }, (_, index) => `/elsewhere/w_${index}.log`) }];
  let calls = 0;
  const prune: Store["prune"] = () => {
    calls += 1;
    first.resolve();
    return Promise.resolve(portions.shift() ?? { jobs: 0, logFiles: [] });
  };
  const house = keepHouse({ ...options, store: { strayLogs: () => Promise.resolve([]), prune } });
  await first.promise;
  await settle();
  await house.stop();
  assert.equal(calls, 2);
});
