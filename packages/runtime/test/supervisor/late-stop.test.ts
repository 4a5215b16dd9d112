// Who is asked to end after it has ended keeps its own end. Two attempts handed to one worker show it: the first waits for the census of both.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { systemClock } from "../../src/platform/index.ts";
import type { RunningAttempt } from "../../src/supervisor/index.ts";
import { decideVerdict } from "../../src/verdict/index.ts";
import { jobTypeOf } from "../job-type.ts";
import { programFile } from "../programs/model.ts";
import { leaseOf, startWorker } from "./start-worker.ts";

test("a job that has returned is not cancelled by who comes later, and keeps its result", async () => {
  const jobType = jobTypeOf("program.succeeds", { moduleUrl: pathToFileURL(programFile("succeeds.ts")).href });
  await using open = await startWorker(jobType, { attemptsMax: 2 });
  const running: RunningAttempt[] = [];
  running.push(
    ...open.worker.run(jobType, [leaseOf(jobType, "a_1", null), leaseOf(jobType, "a_2", null)], {
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
  await open.worker.gone;
});
