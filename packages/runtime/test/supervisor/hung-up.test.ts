// A worker whose wire a job has written to is not listened to any more: it is ended, whether or not its loop turns.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { jobTypeIn, leaseOf, startWorker } from "./start-worker.ts";

const jobType = jobTypeIn("writes-to-wire.ts");
const nothing = { onStarted: () => undefined, onProgress: () => undefined, onCheckpoint: () => Promise.resolve(), onIntent: () => Promise.resolve() };

test("an attempt whose beginning was not heard any more, and that holds its loop, does not keep its worker for ever", async () => {
  const reasons: string[] = [];
  await using open = await startWorker(jobType, { onGone: (_worker, reason) => reasons.push(reason) });
  const file = (name: string): string => join(open.directory, name);
  const { worker } = open;
  const [first] = worker.run(jobType, [leaseOf(jobType, "a_1", { writesAt: file("handed"), begun: "" })], nothing);
  assert.equal((await first?.end)?.kind, "ended");
  const [second] = worker.run(jobType, [leaseOf(jobType, "a_2", { writesAt: null, begun: file("begun") })], nothing);
  writeFileSync(file("handed"), "");
  // What the worker says is read only when the second one holds its loop.
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file("begun"))) Atomics.wait(pause, 0, 0, 5);
  assert.equal((await second?.end)?.kind, "not-started");
  await worker.gone;
  assert.deepEqual(reasons, ["its wire was written to"]);
});
