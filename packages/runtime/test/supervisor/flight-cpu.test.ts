// The flight record of an attempt tells its own CPU, not that of the worker's whole life.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { createLooseBreakers } from "../../src/breaker/index.ts";
import { openSurroundings } from "../../src/governor/index.ts";
import { newId, systemChance, systemClock } from "../../src/platform/index.ts";
import { createRecorder, type FlightSource } from "../../src/recorder/index.ts";
import { createAttemptWorker, openYard } from "../../src/supervisor/index.ts";
import { makeLease } from "../incident/make-lease.ts";
import { jobTypeOf } from "../job-type.ts";

const BURNT_MS = 1200;

test("what a warm worker used before is not told as the CPU of the attempt that runs", async () => {
  const yard = await openYard({ tier: "auto", nice: 0 });
  const jobType = jobTypeOf("burns", { moduleUrl: pathToFileURL(join(import.meta.dirname, "jobs", "burns.ts")).href });
  const recorder = createRecorder({ directory: null, clock: systemClock, surroundings: openSurroundings(), release: null, onFailure: () => undefined });
  const firstLook = Promise.withResolvers<FlightSource>();
  const logFile = join(yard.instance.directory, "flight-cpu.log");
  const worker = createAttemptWorker(yard, {
    id: newId("worker", systemClock.nowMs(), systemChance),
    budget: jobType.budget,
    cwd: process.cwd(),
    env: process.env,
    logFile,
    ledgerFile: null,
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
    growthBytesMax: Number.MAX_SAFE_INTEGER,
    breakers: createLooseBreakers(systemClock),
    onStart: () => undefined,
    onIdle: () => undefined,
    onGone: () => undefined,
  });
  const listener = { onStarted: () => undefined, onProgress: () => undefined, onCheckpoint: () => Promise.resolve(), onIntent: () => Promise.resolve() };
  const [first] = worker.run(jobType, [makeLease({ attemptId: "a_1", input: JSON.stringify({ cpuMs: BURNT_MS }) })], listener);
  await first?.end;
  const [second] = worker.run(jobType, [makeLease({ attemptId: "a_2", input: '{"cpuMs":0}' })], listener);
  const { cpuSeconds } = (await firstLook.promise)();
  second?.stop({ kind: "cancel", by: "test", reason: "seen", mode: "kill", atMs: systemClock.nowMs() }, 0);
  await worker.gone;
  await rm(logFile, { force: true });
  assert.ok(cpuSeconds !== null && cpuSeconds < BURNT_MS / 2000, `${cpuSeconds} s`);
});
