// What is left of a command from the queue whose files could not be prepared.
import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSurroundings } from "../../src/governor/index.ts";
import { DEFAULT_JOB_TYPE, NO_BUDGET, type JobType } from "../../src/model/index.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import { openYard, runQueuedCommand } from "../../src/supervisor/index.ts";
import { leaseOf } from "./start-worker.ts";

const jobType: JobType = { ...DEFAULT_JOB_TYPE, type: "cat", kind: "command", moduleUrl: "", exportName: "", command: ["cat"], stdin: "json", budget: NO_BUDGET };
test("a command whose input cannot be written did not begin, and leaves no open file", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-queued-"));
  try {
    const yard = await openYard({ tier: "auto", nice: 0 });
    const { end } = runQueuedCommand(yard, {
      // No file can have this name.
      workerId: "w_1/not-there",
      jobType,
      lease: leaseOf(jobType, "a_1", null),
      listener: { onStarted: () => undefined, onProgress: () => undefined, onCheckpoint: async () => undefined, onIntent: async () => undefined },
      recorder: createRecorder({ directory: null, clock: yard.clock, surroundings: openSurroundings(), release: null, onFailure: () => undefined }),
      logFile: join(directory, "w_1.log"),
      ledgerFile: join(directory, "ledger"),
      cwd: directory,
      env: process.env,
    });
    const ended = await end;
    assert.ok(ended.kind === "ended");
    assert.match(ended.evidence.launchFailure?.message ?? "", /files could not be prepared/);
    // The ledger goes when the end has been stored.
    assert.deepEqual((await readdir(directory)).sort(), ["ledger", "w_1.log"]);
    assert.deepEqual(
      openFiles().filter((file) => file.startsWith(directory)),
      [],
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

function openFiles(): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      return [];
    }
  });
}
