// What a job may leave in its worker, and when it is a leak all the same. Real processes; the supervisor's word is compared with /proc.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { roomNeeded } from "../../src/supervisor/kept-trees.ts";
import { startHarness, type Harness } from "../runtime/set-up.ts";

interface Told {
  readonly pid?: number;
  readonly answer?: boolean;
  readonly directory?: string;
  readonly ended?: readonly string[];
  readonly kept?: number;
  readonly keeper?: null;
  readonly refused?: readonly string[];
}

const open = (more: Parameters<typeof startHarness>[0] = {}): Promise<Harness> =>
  startHarness({ jobs: [join(import.meta.dirname, "jobs")], lanes: { default: { concurrency: 1 } }, workerNice: 0, ...more });

async function run(harness: Harness, type: string, input: object = {}) {
  const id = await harness.add(type, { ...input });
  await harness.reaches(id, "succeeded");
  const attempt = await harness.runtime.control.attempt(id, 1);
  const told: Told = JSON.parse((await harness.runtime.control.document(id, "result")) ?? "{}");
  return { attempt, told };
}

/** A zombie has ended: without a namespace it waits for the machine's PID 1. */
function isAlive(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/\) Z /.test(readFileSync(file, "latin1"));
}

const keptNow = (harness: Harness) => harness.runtime.control.workers().flatMap(({ kept }) => kept);

for (const tier of ["auto", "scan"] as const)
  describe(`what is kept (tier ${tier})`, () => {
    it("stays for the next attempt of its type with its directory, and ends with the worker", async () => {
      let child: { readonly pid: number } | undefined;
      let directory = "";
      {
        await using harness = await open({ tier });
        const { attempt, told } = await run(harness, "kept.plain");
        assert.deepEqual(attempt.leaks, []);
        [child] = keptNow(harness);
        assert.equal(keptNow(harness)[0]?.what, "a child");
        assert.equal(keptNow(harness)[0]?.processes, 1);
        directory = told.directory ?? "";
        const next = await run(harness, "kept.plain", { way: "tells" });
        assert.equal(next.attempt.pid, attempt.pid);
        assert.deepEqual(next.told, { ended: [], kept: 1, directory });
        assert.deepEqual(readdirSync(directory), [`${told.pid}`]);
      }
      assert.ok(child !== undefined && !isAlive(child.pid), "ended with the worker");
      assert.ok(!existsSync(directory));
    });

    it("is ended before a job of another type begins", async () => {
      await using harness = await open({ tier });
      const { attempt } = await run(harness, "kept.plain");
      const next = await run(harness, "kept.other", { way: "tells" });
      assert.equal(next.attempt.pid, attempt.pid, "in the same worker");
      assert.deepEqual([next.told.ended, next.told.kept], [["a job of another type comes: kept.other"], 0]);
      assert.deepEqual(keptNow(harness), []);
    });

    it("is ended when it takes half of the budget", async () => {
      await using harness = await open({ tier });
      const { attempt } = await run(harness, "kept.plain", { megabytes: 170 });
      assert.deepEqual(attempt.leaks, []);
      const next = await run(harness, "kept.plain", { way: "tells" });
      assert.equal(next.attempt.pid, attempt.pid);
      assert.match(next.told.ended?.join() ?? "", /^it uses \d+ of the 314572800 bytes of the budget$/);
    });

    it("is a leak when it is stopped, when it was released, and when a stranger was named in its place", async () => {
      await using harness = await open({ tier });
      for (const way of ["stops it", "twice", "names a stranger"]) {
        const { attempt, told } = await run(harness, "kept.plain", { way });
        assert.equal(told.answer, way !== "names a stranger");
        assert.equal(attempt.leaks.length, 1, way);
        assert.equal(attempt.leaks[0]?.state, "ended");
        const next = await run(harness, "kept.plain", { way: "tells" });
        assert.notEqual(next.attempt.pid, attempt.pid, "a fresh worker");
        assert.deepEqual(next.told.kept, 0);
      }
    });
  });

describe("a kept process that will not end", () => {
  for (const ending of ["throws", "hangs"] as const)
    it(`holds up nobody for long, and is then a leak (${ending})`, async () => {
      await using harness = await open();
      await run(harness, "kept.plain", { ending });
      const next = await run(harness, "kept.other", { way: "tells" });
      assert.equal(next.attempt.leaks.length, 1);
      assert.deepEqual(keptNow(harness), []);
    });
});

describe("keeping", () => {
  it("is not offered where there is no next attempt", async () => {
    await using harness = await open();
    assert.deepEqual((await run(harness, "kept.alone")).told, { keeper: null });
  });

  it("ends what a recycled worker keeps", async () => {
    await using harness = await open();
    await run(harness, "kept.plain");
    const [child] = keptNow(harness);
    const worker = harness.runtime.control.workers().find(({ kept }) => kept.length > 0);
    assert.ok(worker !== undefined && child !== undefined);
    harness.runtime.control.recycleWorker(worker.id);
    await harness.event((event) => event.kind === "worker.ended" && event.workerId === worker.id);
    assert.ok(!isAlive(child.pid));
  });

  it("takes half of the budget at most", () => {
    const kept = (memoryBytes: number) => [{ pid: 7, what: "x", processes: 1, memoryBytes }];
    assert.equal(roomNeeded(kept(50), 100), null);
    assert.match(roomNeeded(kept(51), 100) ?? "", /^it uses 51 of the 100 bytes/);
    assert.equal(roomNeeded(kept(1e12), null), null);
    assert.equal(roomNeeded([], 0), null);
  });
});

describe("counters of jobs", () => {
  it("reach the metrics; names that are none are refused", async () => {
    await using harness = await open({ http: { port: 0 } });
    for (let round = 0; round < 2; round += 1) assert.deepEqual((await run(harness, "kept.plain", { way: "counts" })).told.refused, ["refused", "refused", "refused"]);
    const text = await (await fetch(`${harness.runtime.url}/metrics`)).text();
    assert.match(text, /^cofferdam_counted_total\{type="kept\.plain",name="rows"\} 8$/m);
    assert.match(text, /^cofferdam_counted_total\{type="kept\.plain",name="never"\} 0$/m);
  });
});
