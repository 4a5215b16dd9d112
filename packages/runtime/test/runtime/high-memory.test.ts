// The high-memory lane and the size guard, with real processes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startHarness } from "./set-up.ts";

const LANES = { default: { concurrency: 1 }, "high-memory": { concurrency: 1, memory: "320MB" } };

test("what dies of memory gets one try with more of it, and succeeds there", async () => {
  await using harness = await startHarness({ lanes: LANES });
  const id = await harness.add("journal.allocates", { mib: 160 });
  const record = await harness.reaches(id, "succeeded", "quarantined");
  const attempts = await harness.runtime.control.attempts(id);
  assert.deepEqual(
    attempts.map(({ lane, verdict, next, budget }) => [lane, verdict.cause === "succeeded" ? "succeeded" : "died", next, (budget.memoryBytes ?? 0) / 1024 ** 2]),
    [
      ["default", "died", "retry", 128],
      ["high-memory", "succeeded", "complete", 320],
    ],
  );
  assert.deepEqual([record.state, record.lane, record.deaths], ["succeeded", "high-memory", 1]);
});

test("what dies of memory there as well is quarantined, after exactly two processes", async () => {
  await using harness = await startHarness({ lanes: LANES });
  const id = await harness.add("journal.allocates", { mib: 800 });
  const record = await harness.reaches(id, "succeeded", "quarantined");
  assert.deepEqual([record.state, record.attempts], ["quarantined", 2]);
  assert.match(record.quarantine?.reason ?? "", /died of memory in the lane high-memory as well/);
});

test("an oversized input waits in quarantine before it has run, with an event; released it runs", async () => {
  await using harness = await startHarness({ sizeGuard: { max: "1kB" } });
  const diverted = harness.event((event) => event.kind === "job.diverted");
  const id = await harness.add("journal.writes", { padding: "x".repeat(2000) });
  const event = await diverted;
  assert.ok(event.kind === "job.diverted" && event.jobId === id && event.action === "quarantine");
  const held = await harness.runtime.control.job(id);
  assert.deepEqual([held.state, held.attempts], ["quarantined", 0]);
  assert.match(held.quarantine?.reason ?? "", /guarded from 1 KiB on\. It has not run/);
  assert.equal((await harness.runtime.control.why(id))[0]?.code, "quarantined");
  await harness.runtime.control.releaseQuarantined(id, "high-memory");
  const record = await harness.reaches(id, "succeeded");
  assert.equal(record.lane, "high-memory");
});

test("a lane scaled to 0 starts nothing; scaled up again it goes on", async () => {
  await using harness = await startHarness();
  const { control } = harness.runtime;
  await control.setLaneConcurrency("default", 0);
  const id = await harness.add("journal.writes");
  const [why] = await control.why(id);
  assert.deepEqual([why?.code, why?.text], ["lane-full", "Lane default is scaled to 0: nothing is started in it."]);
  await control.setLaneConcurrency("default", 1);
  await harness.reaches(id, "succeeded");
});
