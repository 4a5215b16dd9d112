// Who is asked to end after it has ended keeps its own end. Two attempts handed to one worker show it: the first waits for the census of both.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { createLooseBreakers } from "../../src/breaker/index.ts";
import { openSurroundings } from "../../src/governor/index.ts";
import type { Lease } from "../../src/model/index.ts";
import { newId, systemChance, systemClock } from "../../src/platform/index.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import { createAttemptWorker, openYard, type RunningAttempt } from "../../src/supervisor/index.ts";
import { decideVerdict } from "../../src/verdict/index.ts";
import { jobTypeOf } from "../job-type.ts";
import { programFile } from "../programs/model.ts";

test("a job that has returned is not cancelled by who comes later, and keeps its result", async () => {
  const yard = await openYard({ tier: "auto", nice: 0 });
  const jobType = jobTypeOf("program.succeeds", { moduleUrl: pathToFileURL(programFile("succeeds.ts")).href });
  const logFile = join(yard.instance.directory, "late-stop.log");
  const worker = createAttemptWorker(yard, {
    id: newId("worker", systemClock.nowMs(), systemChance),
    budget: jobType.budget,
    cwd: process.cwd(),
    env: process.env,
    logFile,
    ledgerFile: null,
    recorder: createRecorder({ directory: null, clock: systemClock, surroundings: openSurroundings(), release: null, onFailure: () => undefined }),
    attemptsMax: 2,
    growthBytesMax: Number.MAX_SAFE_INTEGER,
    breakers: createLooseBreakers(systemClock),
    onStart: () => undefined,
    onIdle: () => undefined,
    onGone: () => undefined,
  });
  const leases = [leaseOf("a_1"), leaseOf("a_2")];
  const running: RunningAttempt[] = [];
  running.push(
    ...worker.run(jobType, leases, {
      onStarted(attemptId) {
        // The second begins: the first has returned.
        if (attemptId === "a_2") running[0]?.stop({ kind: "cancel", by: "api", reason: "too late", mode: "graceful", atMs: systemClock.nowMs() }, 0);
      },
      onProgress: () => undefined,
      onCheckpoint: () => Promise.resolve(),
      onIntent: () => Promise.resolve(),
    }),
  );
  const ends = await Promise.all(running.map(({ end }) => end));
  for (const end of ends) {
    assert.ok(end.kind === "ended");
    assert.deepEqual([decideVerdict(end.evidence).cause, end.evidence.intent, end.result], ["succeeded", null, '{"answer":42}']);
  }
  await worker.gone;
  await rm(logFile, { force: true });
});

function leaseOf(attemptId: string): Lease {
  const nowMs = systemClock.nowMs();
  return {
    jobId: `j_${attemptId}`,
    attemptId,
    attempt: 1,
    token: "",
    type: "program.succeeds",
    lane: "default",
    input: "null",
    checkpoint: null,
    errors: 0,
    deaths: 0,
    leasedAtMs: nowMs,
    runAtMs: nowMs,
  };
}
