// Attempts that were handed to one worker behind one that is ended: they are not part of its end.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decideVerdict } from "../../src/verdict/index.ts";
import { leaseOf, jobTypeIn, startWorker } from "./start-worker.ts";

const jobType = jobTypeIn("waits-for-file.ts", { graceMs: 60_000 });
const cancel = (mode: "graceful" | "kill") => ({ kind: "cancel", by: "api", reason: "", mode, atMs: 1 }) as const;
const nothing = { onProgress: () => undefined, onCheckpoint: () => Promise.resolve(), onIntent: () => Promise.resolve() };

test("what waits behind a job that holds the loop and is ended does not begin", async () => {
  await using open = await startWorker(jobType);
  const file = (name: string): string => join(open.directory, name);
  const started = Promise.withResolvers<void>();
  const [first, second] = open.worker.run(
    jobType,
    [leaseOf(jobType, "a_1", { begun: file("begun-1"), until: file("intent") }), leaseOf(jobType, "a_2", { begun: file("begun-2"), until: null })],
    {
      ...nothing,
      onStarted: () => started.resolve(),
      // The job returns when its end has been decided.
      onIntent: async () => writeFileSync(file("intent"), ""),
    },
  );
  assert.ok(first !== undefined && second !== undefined);
  await started.promise;
  waitFor(file("begun-1"));
  first.stop(cancel("graceful"), 60_000);
  const end = await first.end;
  assert.ok(end.kind === "ended");
  assert.equal(decideVerdict(end.evidence).cause, "cancelled");
  assert.deepEqual(await second.end, { kind: "not-started" });
  assert.ok(!existsSync(file("begun-2")));
});

test("one that began while its worker was being ended for another is interrupted, and not killed by a stranger", async () => {
  await using open = await startWorker(jobType);
  const file = (name: string): string => join(open.directory, name);
  writeFileSync(file("there"), "");
  const begun = Promise.withResolvers<void>();
  const intents: string[] = [];
  const [first, second] = open.worker.run(
    jobType,
    [leaseOf(jobType, "a_1", { begun: file("begun-1"), until: file("there") }), leaseOf(jobType, "a_2", { begun: file("begun-2"), until: null })],
    {
      ...nothing,
      onStarted(attemptId) {
        if (attemptId === "a_2") begun.resolve();
        if (attemptId !== "a_1") return;
        // The first one ends and the second begins, and none of it is read before the end of the first is asked for.
        waitFor(file("begun-2"));
        first?.stop(cancel("kill"), 0);
      },
      onIntent(attemptId, { kind }) {
        intents.push(`${attemptId} ${kind}`);
        return attemptId === "a_1" ? begun.promise : Promise.resolve();
      },
    },
  );
  assert.ok(second !== undefined);
  const end = await second.end;
  assert.ok(end.kind === "ended");
  const { cause, summary } = decideVerdict(end.evidence);
  assert.deepEqual([cause, end.evidence.exit?.signal], ["cancelled", "SIGKILL"]);
  assert.match(summary, /through no fault of its own.*a_1 is ended: cancel/);
  assert.deepEqual(intents, ["a_1 cancel", "a_2 preempt"]);
});

test("an attempt that ends while what waits behind it is called back is told of at once, and its worker takes the next one", async () => {
  await using open = await startWorker(jobType);
  const file = (name: string): string => join(open.directory, name);
  const started = Promise.withResolvers<void>();
  const [first, second] = open.worker.run(
    jobType,
    [leaseOf(jobType, "a_1", { begun: file("begun-1"), until: file("called-back") }), leaseOf(jobType, "a_2", { begun: file("begun-2"), until: null })],
    { ...nothing, onStarted: () => started.resolve() },
  );
  assert.ok(first !== undefined && second !== undefined);
  await started.promise;
  waitFor(file("begun-1"));
  second.stop(cancel("graceful"), 60_000);
  // The job holds the loop: its worker reads the call only behind its end.
  writeFileSync(file("called-back"), "");
  assert.deepEqual(await second.end, { kind: "not-started" });
  const end = await first.end;
  assert.ok(end.kind === "ended");
  assert.equal(decideVerdict(end.evidence).cause, "succeeded");
  assert.ok(open.worker.isIdle());
});

/** Without reading any message meanwhile. */
function waitFor(file: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) Atomics.wait(pause, 0, 0, 5);
}
