import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMetrics, OUTCOMES, outcomeOf, type MetricsDeps } from "../../src/metrics/index.ts";
import { CAUSES, familyOf, type Cause, type JobType, type RuntimeEvent } from "../../src/model/index.ts";
import { systemClock } from "../../src/platform/index.ts";

const TYPE = { type: "t", lane: "default" } as JobType;
const SOURCE: MetricsDeps["source"] = {
  lanes: async () => [
    {
      name: "default",
      concurrency: 2,
      memoryBytes: null,
      dispatchPaused: { reason: "x", untilMs: null, atMs: 0 },
      intakePaused: null,
      held: null,
      running: 0,
      ready: 1,
      oldestReadyMs: 5000,
    },
  ],
  incidentCounts: async () => [{ cause: "over-memory" as const, state: "open" as const, count: 2 }],
  schedules: async () => [],
  workers: () => [],
  breakers: () => [],
  services: () => [],
  brokenModules: () => [],
  counts: async () => [
    { lane: "default", type: "t", state: "ready", count: 3, oldestReadyMs: 5000 },
    { lane: "default", type: "u", state: "ready", count: 4, oldestReadyMs: 6000 },
  ],
  health: () => Promise.reject(new Error("closed")),
  trips: () => [{ scope: "type", name: "t", state: "tripped", allowed: 0, full: 2, trips: 1, reason: "x", sinceMs: 0, untilMs: 5 }],
  budgets: () => [],
  leaks: () => [
    { type: "t", attempts: 9, processes: 2, tempDirectories: 0, looked: 9, scratchBytes: 10, handles: 3, heap: { bytesPerAttempt: 5000, errorBytes: 100, verdict: "grows" } },
  ],
  ledger: () => ({
    limit: { bytes: 8000, source: "machine" },
    marginBytes: 1000,
    capacityBytes: 7000,
    reservedBytes: 500,
    usedBytes: 300,
    availableBytes: 6000,
    stallPercent: null,
    pressure: { level: "none", reason: "" },
    gate: "open",
    reservations: [{ lane: "default", type: "t", slots: 1, bytes: 500 }],
    blocked: [],
    keptFor: null,
    fits: [],
  }),
};

function ended(cause: Cause): RuntimeEvent {
  const leaks = [{ kind: "process", pid: 1, command: "x", state: "ended" } as const];
  return {
    kind: "attempt.ended",
    atMs: 0,
    jobId: "j",
    attemptId: "a",
    attempt: 1,
    type: "t",
    lane: "default",
    cause,
    summary: "",
    startedAtMs: -700,
    wallMs: 700,
    memoryPeakBytes: 100,
    pidsPeak: 1,
    incidentId: null,
    leaks,
    next: "quarantine",
    retryAtMs: null,
    movedTo: null,
  };
}

function metricsWith(changes: Partial<MetricsDeps["source"]> = {}) {
  return createMetrics({ source: { ...SOURCE, ...changes }, clock: systemClock, version: "0.1.0", processMetrics: false });
}

describe("metrics", () => {
  it("every combination of known labels exists before anything has happened", async () => {
    const metrics = metricsWith();
    metrics.expect([TYPE], ["default", "large"]);
    const { body } = await metrics.text("prometheus");
    for (const outcome of OUTCOMES) assert.ok(body.includes(`cofferdam_attempts_total{lane="default",type="t",outcome="${outcome}"} 0`), outcome);
    for (const cause of CAUSES) assert.equal(body.includes(`cofferdam_worker_deaths_total{lane="large",cause="${cause}"} 0`), familyOf(cause) === "death", cause);
    assert.ok(body.includes('cofferdam_leaked_processes_total{lane="large"} 0'));
  });

  it("every cause has an outcome, and every outcome a cause", () => {
    assert.deepEqual([...new Set(CAUSES.map(outcomeOf))].sort(), [...OUTCOMES].sort());
  });

  it("counts ends by outcome and deaths by cause, in base units", async () => {
    const metrics = metricsWith();
    for (const cause of ["over-memory", "succeeded"] as const) metrics.observe(ended(cause));
    const { body } = await metrics.text("prometheus");
    assert.ok(body.includes('cofferdam_attempts_total{lane="default",type="t",outcome="oom"} 1'));
    assert.ok(body.includes('cofferdam_worker_deaths_total{lane="default",cause="over-memory"} 1'));
    assert.ok(!body.includes('cause="succeeded"'));
    assert.ok(body.includes('cofferdam_leaked_processes_total{lane="default"} 2'));
    assert.ok(body.includes('cofferdam_jobs_quarantined_total{lane="default",type="t"} 2'));
    assert.ok(body.includes('cofferdam_attempt_duration_seconds_sum{lane="default",type="t"} 1.4'));
  });

  it("gauges add up what the store counted, and forget what is gone", async () => {
    const lanes = [await SOURCE.lanes(), []];
    const health = async () => ({ store: { sizeBytes: 4096, writable: true } }) as Awaited<ReturnType<MetricsDeps["source"]["health"]>>;
    const metrics = metricsWith({ lanes: async () => lanes.shift() ?? [], health });
    const first = (await metrics.text("prometheus")).body;
    assert.ok(first.includes('cofferdam_jobs{lane="default",state="ready"} 7'));
    assert.ok(first.includes('cofferdam_jobs{lane="default",state="quarantined"} 0'));
    assert.ok(first.includes('cofferdam_lane_paused{lane="default"} 1'));
    assert.ok(first.includes('cofferdam_lane_oldest_ready_timestamp_seconds{lane="default"} 5'));
    assert.ok(first.includes('cofferdam_tripped{scope="type",name="t"} 1'));
    assert.ok(first.includes('cofferdam_memory_reserved_bytes{lane="default"} 500'));
    assert.ok(first.includes('cofferdam_heap_growth_bytes_per_attempt{type="t"} 5000'));
    assert.ok(first.includes('cofferdam_left_processes{type="t"} 2'));
    assert.ok(first.includes("cofferdam_store_size_bytes 4096"));
    assert.ok(!(await metrics.text("prometheus")).body.includes("cofferdam_lane_paused{"));
  });

  it("a store that cannot be read is counted, and the counters are still told", async () => {
    const metrics = metricsWith();
    metrics.observe(ended("killed"));
    const { body } = await metrics.text("openmetrics");
    assert.ok(body.includes('cofferdam_store_errors_total{op="scrape"} 1'));
    assert.ok(body.includes('cause="killed"} 1'));
  });
});
