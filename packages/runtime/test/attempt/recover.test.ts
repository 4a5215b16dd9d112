// An attempt of a warm worker whose runtime is gone: what is on disk is told as this attempt's, and no more.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { recoverUnfinished } from "../../src/attempt/index.ts";
import type { KernelLogWindow } from "../../src/governor/index.ts";
import { packSample, type AttemptRecord, type MachineState } from "../../src/model/index.ts";
import { silentLogger, systemChance, systemClock } from "../../src/platform/index.ts";
import { openEmbeddedStore } from "../../src/store/index.ts";
import { ledgerLine } from "../../src/wire/index.ts";
import { makeJob } from "../conformance/make.ts";
import { machineOf } from "../verdict/evidence-of.ts";

const KERNEL_LINE = "[4711.000] Out of memory: Killed process 77 (node)";
const machineAt = (atMs: number): MachineState => machineOf({ atMs, bootId: "aaaaaaaa-1" });

/** It began a while ago, was last seen 6 s later, and waited for a lock then. Its CPU was looked up once, after a second. */
async function recoverOne(owner: string, beganSecondsAgo = 20): Promise<{ readonly attempt: AttemptRecord; readonly windows: readonly KernelLogWindow[] }> {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-recover-"));
  const store = await openEmbeddedStore({ dataDir: join(directory, "data"), clock: systemClock, chance: systemChance, logger: silentLogger, onEvent: () => undefined });
  try {
    const beganMs = Date.now() - beganSecondsAgo * 1000;
    const jobId = `j_${"1".repeat(32)}`;
    await store.enqueue([makeJob({ id: jobId, createdAtMs: beganMs, runAtMs: beganMs })]);
    const [lease] = await store.claim({ lane: "default", limit: 1, perType: new Map(), nowMs: beganMs, owner: "aaaaaaaa-old/r_1" });
    assert.ok(lease !== undefined);
    for (const name of ["ledger", "logs", "flight"]) await mkdir(join(directory, name));
    await writeFile(join(directory, "ledger", "w_1"), ledgerLine(lease.attemptId, beganMs, 0));
    const sampleLine = (afterMs: number, cpuSeconds: number | null): string => {
      const sample = packSample({
        atMs: beganMs + afterMs,
        memoryBytes: 80e6,
        tasks: 12,
        cpuSeconds,
        openFiles: null,
        outputBytes: 0,
        progress: null,
        loopSilentMs: 20,
        availableBytes: 4e9,
        memoryStallPercent: 0,
      });
      return `${JSON.stringify({ a: lease.attemptId, s: sample })}\n`;
    };
    await writeFile(join(directory, "flight", "w_1"), sampleLine(1000, 0.5) + sampleLine(6000, null));
    const windows: KernelLogWindow[] = [];
    await recoverUnfinished({
      store,
      owner,
      types: new Map(),
      lanes: new Map(),
      ledgerDirectory: join(directory, "ledger"),
      logDirectory: join(directory, "logs"),
      flightDirectory: join(directory, "flight"),
      machine: () => machineAt(Date.now()),
      enforcement: { tier: "scan", memory: "polled", pids: "polled" },
      clock: systemClock,
      chance: systemChance,
      readTail: () => Promise.resolve({ lines: ["could not obtain lock"], to: 30 }),
      readKernelLog(window) {
        windows.push(window);
        return Promise.resolve([KERNEL_LINE]);
      },
      publish: () => undefined,
    });
    const [attempt] = await store.attempts(jobId);
    assert.ok(attempt !== undefined);
    return { attempt, windows };
  } finally {
    await store.close();
    await rm(directory, { recursive: true });
  }
}

test("what a lost attempt used after the last look at its CPU is not known, and no suspect is judged by it", async () => {
  const { attempt } = await recoverOne("aaaaaaaa-old/r_2");
  const facts = attempt.verdict.hypotheses.flatMap((suspect) => [...suspect.for, ...suspect.against]).map(({ fact }) => fact);
  assert.deepEqual(
    facts.filter((fact) => fact.startsWith("CPU used")),
    [],
  );
  assert.equal(attempt.verdict.hypotheses.find(({ cause }) => cause === "database-lock")?.confidence, "likely");
});

test("the kernel's log is read around the last sign of life, and told", async () => {
  const { attempt, windows } = await recoverOne("aaaaaaaa-old/r_2");
  const [{ fromSecondsAgo, toSecondsAgo } = { fromSecondsAgo: 0, toSecondsAgo: -1 }] = windows;
  assert.ok(windows.length === 1 && fromSecondsAgo >= 14 + 15 && fromSecondsAgo < 14 + 15 + 60, `${fromSecondsAgo} s`);
  assert.equal(toSecondsAgo, 0);
  assert.deepEqual(attempt.autopsy?.kernelLog, [KERNEL_LINE]);
  assert.ok(attempt.verdict.evidence.some(({ value }) => value === KERNEL_LINE));
});

test("what the kernel did long after the last sign of life is not told of it", async () => {
  const { windows } = await recoverOne("aaaaaaaa-old/r_2", 3600);
  const [{ fromSecondsAgo, toSecondsAgo } = { fromSecondsAgo: 0, toSecondsAgo: 0 }] = windows;
  assert.ok(toSecondsAgo >= 3594 - 60 && fromSecondsAgo - toSecondsAgo <= 60 + 15 + 1, `${fromSecondsAgo} s to ${toSecondsAgo} s`);
});

test("after a restart of the machine its log is another one, and is not read", async () => {
  const { attempt, windows } = await recoverOne("bbbbbbbb-new/r_2");
  assert.deepEqual([windows, attempt.autopsy?.kernelLog], [[], null]);
});
