// Fault injection into real attempts: each fault is seen for what it does, and no job is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cause, Fault } from "../../src/model/index.ts";
import { startHarness, type Harness } from "../runtime/set-up.ts";

const HOUR_MS = 3_600_000;
const SEEN_AS: Readonly<Record<Fault, readonly Cause[]>> = {
  kill: ["killed"],
  // A process that was stopped from outside says nothing any more: to its supervisor that is a blocked loop.
  stop: ["blocked"],
  fill: ["over-memory", "oom-killed"],
  flood: ["over-output"],
  block: ["blocked"],
};

async function hit(harness: Harness, fault: Fault): Promise<void> {
  const { control } = harness.runtime;
  control.startChaos({ rate: 1, faults: [fault], durationMs: HOUR_MS, type: "journal.prey", force: false });
  const id = await harness.add("journal.prey");
  const record = await harness.reaches(id, "quarantined");
  const attempt = await control.attempt(id, 1);
  assert.ok(SEEN_AS[fault].includes(attempt.verdict.cause), `${fault} was seen as ${attempt.verdict.cause}: ${attempt.verdict.summary}`);
  assert.equal(record.attempts, 1);
  control.stopChaos();
  const report = await control.chaosReport();
  assert.deepEqual([report.state, report.injected[fault], report.jobs, report.states, report.lost], ["stopped", 1, 1, { quarantined: 1 }, 0]);
}

test("every fault is seen for what it does to the process", async () => {
  await using harness = await startHarness();
  for (const fault of ["kill", "stop", "fill", "flood", "block"] as const) await hit(harness, fault);
});

test("half of all attempts are killed: every job ends well, and none is lost", async () => {
  await using harness = await startHarness({ lanes: { default: { concurrency: 2 } } });
  const { control } = harness.runtime;
  control.startChaos({ rate: 0.5, faults: ["kill"], durationMs: HOUR_MS, type: null, force: false });
  const ids = await Promise.all(Array.from({ length: 6 }, () => harness.add("journal.writes", { ms: 350 })));
  for (const id of ids) assert.equal((await harness.reaches(id, "succeeded", "failed", "quarantined")).state, "succeeded");
  control.stopChaos();
  const report = await control.chaosReport();
  assert.equal(report.lost, 0);
  assert.equal(report.states.succeeded ?? 0, report.jobs);
  const ended = (await harness.journal()).filter(({ what }) => what === "end").map(({ id }) => id);
  assert.deepEqual(new Set(ended), new Set(ids));
});

test("a job that is hit and then removed from the store would be said to be lost", async () => {
  await using harness = await startHarness();
  const { control } = harness.runtime;
  control.startChaos({ rate: 1, faults: ["kill"], durationMs: HOUR_MS, type: "journal.prey", force: false });
  const id = await harness.add("journal.prey");
  await harness.reaches(id, "quarantined");
  await control.remove(id);
  assert.equal((await control.chaosReport()).lost, 1);
});
