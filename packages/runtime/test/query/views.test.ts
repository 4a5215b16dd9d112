import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderAttempt, renderEvent, renderOutcome, rfc3339, seconds } from "../../src/query/index.ts";
import { DEFAULT_JOB_BUDGET, type AttemptRecord } from "../../src/model/index.ts";

const ATTEMPT: AttemptRecord = {
  id: "a_1",
  jobId: "j_1",
  attempt: 2,
  type: "t",
  lane: "default",
  workerId: "w_1",
  pid: 0,
  startedAtMs: 1_000,
  endedAtMs: 2_500,
  verdict: {
    cause: "blocked",
    summary: "It looped.",
    confidence: "certain",
    evidence: [{ fact: "silent", value: 30_000, source: "heartbeat" }],
    hypotheses: [],
    error: null,
    stack: ["spin (loop.ts:3:1)"],
  },
  exit: null,
  usage: { wallSeconds: 1.5, cpuSeconds: 1.4, memoryPeakBytes: 1, pidsPeak: 2, outputBytes: 3, memoryMethod: "pss" },
  leaks: [],
  enforcement: { tier: "pidns", memory: "polled", pids: "polled" },
  budget: { ...DEFAULT_JOB_BUDGET, timeMs: 1500, stallMs: null },
  log: { file: "/x", from: 10, to: 25 },
  next: "retry",
};

describe("views", () => {
  it("an outcome has exactly the members of exec --json, whatever the record holds besides", () => {
    const outcome = renderOutcome(ATTEMPT);
    assert.deepEqual(Object.keys(outcome), ["verdict", "exit", "usage", "leaks", "enforcement"]);
    assert.deepEqual(Object.keys(outcome.verdict), ["cause", "summary", "confidence", "evidence", "hypotheses", "error", "stack", "stage"]);
    assert.deepEqual(outcome.exit, { code: null, signal: null });
    assert.deepEqual(outcome.usage, { wall_seconds: 1.5, cpu_seconds: 1.4, memory_peak_bytes: 1, pids_peak: 2, output_bytes: 3, memory_method: "pss" });
    assert.deepEqual(outcome.enforcement, { tier: "pidns", memory: "polled", pids: "polled" });
  });

  it("an attempt adds where and when; file names stay inside", () => {
    const view = renderAttempt(ATTEMPT);
    assert.deepEqual(
      [view.pid, view.started_at, view.ended_at, view.log_bytes, view.budget.time_seconds, view.budget.stall_seconds],
      [null, "1970-01-01T00:00:01.000Z", "1970-01-01T00:00:02.500Z", 15, 1.5, null],
    );
    assert.ok(!JSON.stringify(view).includes("/x"));
    const { verdict, exit, usage, leaks, enforcement } = view;
    assert.deepEqual({ verdict, exit, usage, leaks, enforcement }, renderOutcome(ATTEMPT));
  });

  it("an event's fields follow one rule", () => {
    const event = renderEvent({
      kind: "attempt.ended",
      atMs: 0,
      jobId: "j_1",
      attemptId: "a_1",
      attempt: 1,
      type: "t",
      lane: "l",
      cause: "killed",
      summary: "s",
      startedAtMs: -1500,
      wallMs: 1500,
      memoryPeakBytes: 5,
      pidsPeak: 1,
      incidentId: null,
      leaks: [],
      next: "retry",
      retryAtMs: 60_000,
      movedTo: null,
    });
    assert.deepEqual(event, {
      kind: "attempt.ended",
      at: "1970-01-01T00:00:00.000Z",
      job_id: "j_1",
      attempt_id: "a_1",
      attempt: 1,
      type: "t",
      lane: "l",
      cause: "killed",
      summary: "s",
      started_at: "1969-12-31T23:59:58.500Z",
      wall_seconds: 1.5,
      memory_peak_bytes: 5,
      pids_peak: 1,
      incident_id: null,
      leaks: [],
      next: "retry",
      retry_at: "1970-01-01T00:01:00.000Z",
      moved_to: null,
    });
  });

  it("times and durations", () => {
    assert.equal(rfc3339(null), null);
    assert.equal(seconds(1234.6), 1.235);
    assert.equal(seconds(null), null);
  });
});
