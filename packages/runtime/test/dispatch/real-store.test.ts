import assert from "node:assert/strict";
import { test } from "node:test";
import { createDispatcher, UNLIMITED_MEMORY, type Dispatcher } from "../../src/dispatch/index.ts";
import type { Lease } from "../../src/model/index.ts";
import { systemClock } from "../../src/platform/index.ts";
import { makeJob, makeSettlement } from "../conformance/make.ts";
import { makeDirectory, openAt } from "../store/open-store.ts";
import { jobTypeOf } from "../job-type.ts";

test("the embedded store and dispatch drain a mixed queue: every job once, limits kept, unknown types left alone", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const types = new Map([jobTypeOf("tiny"), jobTypeOf("single", { concurrency: 1 })].map((type) => [type.type, type]));
  const nowMs = Date.now();
  const jobs = Array.from({ length: 600 }, (_, index) =>
    makeJob({
      id: `j_${String(index).padStart(32, "0")}`,
      type: index % 10 === 0 ? "single" : index % 50 === 1 ? "gone" : "tiny",
      lane: index % 3 === 0 ? "slow" : "default",
      priority: index % 7,
      createdAtMs: nowMs,
      // The last ones become ready while the queue is being drained: the alarm has to find them.
      runAtMs: index >= 590 ? nowMs + 150 : nowMs,
    }),
  );
  await store.enqueue(jobs);
  const runnable = jobs.filter((job) => job.type !== "gone").length;

  let packsRunning = 0;
  let singles = 0;
  const seen = new Set<string>();
  const drained = Promise.withResolvers<void>();
  const dispatcher: Dispatcher = createDispatcher({
    queue: store,
    clock: systemClock,
    owner: "r_test",
    types: () => types,
    memory: UNLIMITED_MEMORY,
    lanes: () => [
      { name: "default", concurrency: 3, dispatchPaused: null },
      { name: "slow", concurrency: 1, dispatchPaused: null },
    ],
    start(jobType, leases) {
      packsRunning += 1;
      if (jobType.type === "single") singles += 1;
      assert.ok(packsRunning <= 4 && singles <= 1);
      void runAll(leases).catch(drained.reject);
    },
    onCancelled: () => undefined,
    onError: drained.reject,
  });

  async function runAll(leases: readonly Lease[]): Promise<void> {
    for (const [index, lease] of leases.entries()) {
      assert.ok(!seen.has(lease.jobId));
      seen.add(lease.jobId);
      assert.deepEqual(await store.settle([makeSettlement(lease, { kind: "complete" }, Date.now())]), [{ next: { kind: "complete" }, incident: null }]);
      if (index === leases.length - 1) {
        packsRunning -= 1;
        if (lease.type === "single") singles -= 1;
      }
      dispatcher.attemptEnded(lease, { kind: "clean", wallMs: 1 });
      if (seen.size === runnable && packsRunning === 0) drained.resolve();
    }
  }

  dispatcher.resume();
  await drained.promise;
  await dispatcher.close();
  const left = (await store.counts()).filter((count) => count.state !== "succeeded");
  assert.deepEqual([...new Set(left.map((count) => `${count.type} ${count.state}`))], ["gone ready"]);
  await store.close();
});
