// What the kernel did to one attempt is not told of the next one in the same worker.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { AttemptRecord } from "../../src/model/index.ts";
import { probeEnforcement } from "../../src/governor/index.ts";
import { startHarness, type Harness } from "./set-up.ts";

const { enforcement } = await probeEnforcement("auto");
const skip = enforcement.memory === "kernel" ? false : "the kernel holds no memory limit here";

async function attemptOf(harness: Harness, type: string): Promise<AttemptRecord> {
  const id = await harness.add(type);
  await harness.reaches(id, "succeeded", "failed", "quarantined");
  const [attempt] = await harness.runtime.control.attempts(id);
  assert.ok(attempt !== undefined);
  return attempt;
}

const startOne = (): Promise<Harness> => startHarness({ jobs: [join(import.meta.dirname, "kernel-jobs")], lanes: { default: { concurrency: 1 } } });

test("a job that throws because the kernel killed its child at the budget is over-memory", { skip }, async () => {
  await using harness = await startOne();
  const { verdict, usage } = await attemptOf(harness, "kernel.converts");
  assert.equal(verdict.cause, "over-memory", verdict.summary);
  assert.equal(verdict.confidence, "certain");
  assert.ok(usage.memoryPeakBytes >= 160 * 1024 ** 2);
});

test("the next job in that worker is not ended for it, and a later death is not explained by it", { skip }, async () => {
  await using harness = await startOne();
  await attemptOf(harness, "kernel.converts");
  const next = await attemptOf(harness, "kernel.innocent");
  assert.equal(next.verdict.cause, "succeeded", next.verdict.summary);
  const last = await attemptOf(harness, "kernel.killed");
  assert.equal(last.verdict.cause, "killed", last.verdict.summary);
  assert.ok(last.verdict.evidence.some(({ fact, value }) => fact.startsWith("out-of-memory kills in the attempt's own cgroup") && value === 0));
});
