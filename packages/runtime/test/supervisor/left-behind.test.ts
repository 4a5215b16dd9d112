// What an attempt leaves behind in its worker is not the next one's doing, and nobody waits for it for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { AttemptEnd, AttemptWorker } from "../../src/supervisor/index.ts";
import { decideVerdict } from "../../src/verdict/index.ts";
import { jobTypeIn, leaseOf, startWorker } from "./start-worker.ts";

const jobType = jobTypeIn("leaves-behind.ts");
const nothing = { onStarted: () => undefined, onProgress: () => undefined, onCheckpoint: () => Promise.resolve(), onIntent: () => Promise.resolve() };
const lease = (attemptId: string, leaves: string, ms = 0) => leaseOf(jobType, attemptId, { leaves, ms });
const causeOf = (end: AttemptEnd | undefined): string => (end?.kind === "ended" ? decideVerdict(end.evidence).cause : "not-started");

/** As its crew does, every 2 s. */
function lookFor10Seconds(worker: AttemptWorker): void {
  for (let look = 0; look <= 5; look += 1) worker.look();
}

test("an attempt that is given to a worker whose loop is held by an earlier one goes back, and the worker is replaced", async () => {
  const reasons: string[] = [];
  await using open = await startWorker(jobType, { onGone: (_worker, reason) => reasons.push(reason) });
  const { worker } = open;
  const [first] = worker.run(jobType, [lease("a_1", "a loop")], nothing);
  assert.equal(causeOf(await first?.end), "succeeded");
  assert.ok(worker.isIdle());
  const [second] = worker.run(jobType, [lease("a_2", "nothing")], nothing);
  lookFor10Seconds(worker);
  assert.equal(causeOf(await second?.end), "not-started");
  await worker.gone;
  assert.match(reasons.join(), /^it did not begin a_2: what an attempt before has left behind holds its loop$/);
});

test("an attempt whose worker is held between it and the next one is told of, and the next one goes back", async ({ signal }) => {
  await using open = await startWorker(jobType);
  const { worker } = open;
  const [first, second] = worker.run(jobType, [lease("a_1", "a loop", 20), lease("a_2", "nothing")], nothing);
  while (worker.view().attempt?.attemptId !== "a_2" && !signal.aborted) await setImmediate();
  lookFor10Seconds(worker);
  assert.deepEqual([causeOf(await first?.end), causeOf(await second?.end)], ["succeeded", "not-started"]);
});

test("what an attempt leaves behind is its own, also when its worker ends before the next one has begun", async () => {
  await using open = await startWorker(jobType);
  const [first, second] = open.worker.run(jobType, [lease("a_1", "a process and an end", 20), lease("a_2", "nothing")], nothing);
  const end = await first?.end;
  assert.ok(end?.kind === "ended");
  assert.deepEqual(
    end.evidence.leaks.map(({ command }) => command),
    ["sleep 1000"],
  );
  assert.equal(causeOf(await second?.end), "not-started");
});

test("an attempt that is given to a worker which an earlier one is about to end goes back", async () => {
  await using open = await startWorker(jobType);
  const [first] = open.worker.run(jobType, [lease("a_1", "an end")], nothing);
  assert.equal(causeOf(await first?.end), "succeeded");
  const [second] = open.worker.run(jobType, [lease("a_2", "nothing")], nothing);
  assert.equal(causeOf(await second?.end), "not-started");
});
