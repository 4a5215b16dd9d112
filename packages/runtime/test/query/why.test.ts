import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainWaiting, type WaitingSnapshot } from "../../src/query/index.ts";
import { JOB_STATES, type JobRecord, type JobType } from "../../src/model/index.ts";

const JOB: JobRecord = {
  id: "j_1",
  type: "t",
  lane: "default",
  state: "ready",
  priority: 0,
  createdAtMs: 0,
  runAtMs: 0,
  startedAtMs: null,
  endedAtMs: null,
  attempts: 0,
  errors: 0,
  deaths: 0,
  cause: null,
  summary: null,
  uniqueKey: null,
  tags: [],
  scheduleSlot: null,
  retryOf: null,
  inputBytes: 4,
  resultBytes: null,
  progress: null,
  hasCheckpoint: false,
  cancelRequested: null,
  quarantine: null,
};
const jobType = (concurrency: number | null) => ({ type: "t", concurrency }) as JobType;
const FREE: WaitingSnapshot = {
  job: JOB,
  jobType: jobType(null),
  lane: { name: "default", concurrency: 2, memoryBytes: null, dispatchPaused: null, intakePaused: null },
  phase: "running",
  nowMs: 1000,
  laneRunning: 0,
  typeRunning: 0,
  memory: {
    gate: "open",
    capacityBytes: 1024 ** 3,
    reservedBytes: 0,
    reservations: [],
    blocked: [],
    keptFor: null,
    fits: [{ lane: "default", type: "t", needBytes: 512 * 1024 ** 2, slots: 2 }],
    rule: { capacityBytes: 1024 ** 3, bypassMax: 100, bypassMs: 60_000 },
  },
  pressure: { level: "none", reason: "" },
  laneTrip: null,
  typeTrip: null,
  laneReady: 1,
};
const why = (changes: Partial<WaitingSnapshot>, job: Partial<JobRecord> = {}) =>
  explainWaiting({ ...FREE, ...changes, job: { ...JOB, ...job } }).map(({ code, untilMs }) => (untilMs === null ? code : [code, untilMs]));

describe("why a job is not running", () => {
  it("every reason by itself", () => {
    assert.deepEqual(why({ phase: "draining" }), ["runtime-draining"]);
    assert.deepEqual(why({ phase: "stopped" }), ["runtime-draining"]);
    assert.deepEqual(why({ phase: "starting" }), ["starting"]);
    assert.deepEqual(why({ jobType: null }), ["no-such-type"]);
    assert.deepEqual(why({ lane: { name: "default", concurrency: 2, memoryBytes: null, dispatchPaused: { reason: "x", untilMs: 5000, atMs: 0 }, intakePaused: null } }), [
      ["lane-paused", 5000],
    ]);
    assert.deepEqual(why({}, { state: "scheduled", runAtMs: 2000 }), [["not-yet-due", 2000]]);
    assert.deepEqual(why({}, { state: "retrying", runAtMs: 2000, attempts: 1 }), [["backing-off", 2000]]);
    assert.deepEqual(why({ laneRunning: 2 }), ["lane-full"]);
    assert.deepEqual(why({ jobType: jobType(1), typeRunning: 1 }), ["type-full"]);
    assert.deepEqual(why({}, { state: "quarantined", quarantine: { reason: "died", atMs: 0 } }), ["quarantined"]);
    assert.deepEqual(why({ laneReady: 5 }), ["behind-others"]);
    assert.deepEqual(why({}), ["behind-others"]);
  });

  it("the gates of the memory, with their numbers", () => {
    const full = { ...FREE.memory, reservedBytes: 768 * 1024 ** 2, reservations: [{ lane: "default", type: "u", slots: 3, bytes: 768 * 1024 ** 2 }] };
    const fits = [{ lane: "default", type: "t", needBytes: 512 * 1024 ** 2, slots: 0 }];
    const head = { lane: "default", type: "t", jobId: "j_0", needBytes: 512 * 1024 ** 2, sinceMs: 0, bypassed: 7 };
    const text = (memory: WaitingSnapshot["memory"], pressure = FREE.pressure) => explainWaiting({ ...FREE, memory, pressure })[0];
    assert.deepEqual(text({ ...full, fits, blocked: [head] }), {
      code: "memory-full",
      text: "It needs 512 MiB; 768 MiB of 1 GiB are reserved by 3 that run. Its type was passed by 7 attempts; after 100 room is kept for it.",
      untilMs: null,
    });
    const kept = { ...head, type: "big", jobId: "j_9", needBytes: 1024 ** 3 };
    assert.match(text({ ...FREE.memory, fits, keptFor: kept })?.text ?? "", /room is kept for job j_9, which needs 1 GiB/);
    assert.match(
      text({ ...full, fits, gate: "closed" }, { level: "high", reason: "only 1 MB of 8 GB are available" })?.text ?? "",
      /only 1 MB of 8 GB are available\. Nothing is started beside the 3 that run/,
    );
    assert.deepEqual(why({ memory: { ...full, fits: [] } }), ["behind-others"], "a type that is not known to the ledger is not held back by it");
  });

  it("what has tripped, and what comes back step by step", () => {
    const trip = { scope: "type", name: "t", state: "tripped", allowed: 0, full: 4, trips: 1, reason: "20 of 20 attempts failed", sinceMs: 0, untilMs: 9000 } as const;
    assert.deepEqual(why({ typeTrip: trip }), [["type-tripped", 9000]]);
    const [ramping] = explainWaiting({ ...FREE, laneTrip: { ...trip, scope: "lane", name: "default", state: "ramping", allowed: 2, untilMs: null } });
    assert.deepEqual([ramping?.code, ramping?.text], ["lane-tripped", "Lane default comes back step by step: 2 of 4 at once now. It had tripped: 20 of 20 attempts failed."]);
  });

  it("all that hold, those a person must act on first", () => {
    const reasons = why({ phase: "draining", jobType: null, laneRunning: 9 }, { state: "scheduled", runAtMs: 2000 });
    assert.deepEqual(reasons, ["runtime-draining", "no-such-type", ["not-yet-due", 2000], "lane-full"]);
  });

  it("a waiting job always has an answer; one that runs or has ended never", () => {
    for (const state of JOB_STATES) {
      const isOver = ["running", "succeeded", "failed", "cancelled"].includes(state);
      assert.equal(why({}, { state }).length > 0, !isOver, state);
    }
  });

  it("counts the others, not the job itself", () => {
    const text = (laneReady: number) => explainWaiting({ ...FREE, laneReady })[0]?.text ?? "";
    assert.match(text(1), /Nothing holds it back/);
    assert.match(text(2), /^1 other job is ready/);
    assert.match(text(4), /^3 other jobs are ready/);
  });
});
