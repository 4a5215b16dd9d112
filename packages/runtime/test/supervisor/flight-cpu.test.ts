// The flight record of an attempt tells its own CPU, not that of the worker's whole life.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSurroundings } from "../../src/governor/index.ts";
import { systemClock } from "../../src/platform/index.ts";
import { createRecorder, type FlightSource } from "../../src/recorder/index.ts";
import { jobTypeIn, leaseOf, startWorker } from "./start-worker.ts";

const BURNT_MS = 1200;

test("what a warm worker used before is not told as the CPU of the attempt that runs", async () => {
  const jobType = jobTypeIn("burns.ts");
  const recorder = createRecorder({ directory: null, clock: systemClock, surroundings: openSurroundings(), release: null, onFailure: () => undefined });
  const firstLook = Promise.withResolvers<FlightSource>();
  await using open = await startWorker(jobType, {
    recorder: {
      ...recorder,
      open: (workerId) => ({
        begin(attemptId, source) {
          if (attemptId === "a_2") firstLook.resolve(source);
          return recorder.open(workerId).begin(attemptId, source);
        },
      }),
    },
    attemptsMax: 2,
  });
  const { worker } = open;
  const listener = { onStarted: () => undefined, onProgress: () => undefined, onCheckpoint: () => Promise.resolve(), onIntent: () => Promise.resolve() };
  const [first] = worker.run(jobType, [leaseOf(jobType, "a_1", { cpuMs: BURNT_MS })], listener);
  await first?.end;
  const [second] = worker.run(jobType, [leaseOf(jobType, "a_2", { cpuMs: 0 })], listener);
  const { cpuSeconds } = (await firstLook.promise)();
  second?.stop({ kind: "cancel", by: "test", reason: "seen", mode: "kill", atMs: systemClock.nowMs() }, 0);
  await worker.gone;
  assert.ok(cpuSeconds !== null && cpuSeconds < BURNT_MS / 2000, `${cpuSeconds} s`);
});
