import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activePause, createBacklog, createIntake, type IntakeDeps } from "../../src/intake/index.ts";
import { CofferdamError, DEFAULT_JOB_BUDGET, type LaneRecord, type SizeGuard } from "../../src/model/index.ts";
import { systemChance, type Clock } from "../../src/platform/index.ts";
import type { QueueCount } from "../../src/store/ports.ts";
import { jobTypeOf } from "../job-type.ts";

function clockAt(ms: { now: number }): Clock {
  return { nowMs: () => ms.now, monotonicMs: () => ms.now, after: () => () => {}, every: () => () => {} };
}

const TYPE = jobTypeOf("report.import", { priority: 7 });
const LANE: LaneRecord = { name: "default", concurrency: 2, memoryBytes: null, dispatchPaused: null, intakePaused: null };

function intakeWith(changes: Partial<IntakeDeps> = {}, lane: Partial<LaneRecord> = {}) {
  return createIntake({
    types: () => new Map([[TYPE.type, TYPE]]),
    broken: () => [],
    lanes: () => new Map([["default", { ...LANE, ...lane }]]),
    phase: () => "running",
    backlog: { take: async () => true },
    validate: async () => ({ ok: true }),
    clock: clockAt({ now: 1_000_000 }),
    chance: systemChance,
    inputBytesMax: 100,
    sizeGuard: { bytesMax: 50, action: "quarantine" },
    predict: () => null,
    ...changes,
  });
}

describe("intake", () => {
  it("completes a request with every default", async () => {
    const { id, ...job } = await intakeWith().admit({ type: "report.import" });
    assert.match(id, /^j_[0-9a-f]{32}$/);
    assert.deepEqual(job, {
      type: "report.import",
      lane: "default",
      input: "null",
      priority: 7,
      runAtMs: 1_000_000,
      createdAtMs: 1_000_000,
      uniqueKey: null,
      tags: [],
      scheduleSlot: null,
      retryOf: null,
      diversion: null,
      answer: null,
    });
  });

  it("an input beyond its type's guard waits in quarantine or in the high-memory lane, or is let be", async () => {
    const input = JSON.stringify("é".repeat(30));
    const held = await intakeWith().admit({ type: "report.import", input });
    assert.deepEqual([held.lane, held.diversion?.kind], ["default", "quarantine"]);
    assert.match(held.diversion?.reason ?? "", /^Its input has 62 B; jobs of type report\.import are guarded from 50 B on\. It has not run\.$/);
    const withGuard = (sizeGuard: SizeGuard) => intakeWith({ types: () => new Map([[TYPE.type, { ...TYPE, sizeGuard }]]) });
    const routed = await withGuard({ bytesMax: 61, action: "route" }).admit({ type: "report.import", input });
    assert.deepEqual([routed.lane, routed.diversion?.kind], ["high-memory", "route"]);
    const settings = [
      { bytesMax: 10, action: "off" },
      { bytesMax: 62, action: "quarantine" },
    ] as const;
    for (const guard of settings) assert.equal((await withGuard(guard).admit({ type: "report.import", input })).diversion, null);
  });

  it("an input that is likely to need more than its budget waits in the high-memory lane, with the prediction and its error", async () => {
    const predict = (_: string, inputBytes: number) => ({ peakBytes: inputBytes * 1024 ** 3, errorBytes: 5 * 1024 ** 2, observations: 40 });
    const routed = await intakeWith({ predict }).admit({ type: "report.import", input: "7" });
    assert.deepEqual([routed.lane, routed.diversion?.kind, routed.diversion?.by], ["high-memory", "route", "prediction"]);
    assert.match(routed.diversion?.reason ?? "", /likely to need 1 GiB ± 5 MiB, from 40 attempts; 512 MiB are allowed/);
    const small = () => ({ peakBytes: 512 * 1024 ** 2, errorBytes: 1024 ** 3, observations: 40 });
    assert.equal((await intakeWith({ predict: small }).admit({ type: "report.import", input: "7" })).diversion, null, "not for its worst case alone");
    const large = { ...TYPE, budget: { ...DEFAULT_JOB_BUDGET, memoryBytes: null } };
    assert.equal(
      (await intakeWith({ predict, types: () => new Map([[TYPE.type, large]]) }).admit({ type: "report.import", input: "7" })).diversion,
      null,
      "no budget, nothing to pass",
    );
  });

  it("keeps what was asked for; tags are a set; the origin is noted", async () => {
    const job = await intakeWith().admit(
      { type: "report.import", input: "[1.0]", priority: -100, runAtMs: 2_000_000, uniqueKey: "k", tags: ["a", "a", "b"] },
      { scheduleSlot: "nightly@x", retryOf: "j_1" },
    );
    assert.deepEqual(
      [job.input, job.priority, job.runAtMs, job.uniqueKey, job.tags, job.scheduleSlot, job.retryOf],
      ["[1.0]", -100, 2_000_000, "k", ["a", "b"], "nightly@x", "j_1"],
    );
  });

  it("says everything that is wrong at once", async () => {
    const wrong = { type: "report.import", priority: Number.NaN, runAtMs: Number.POSITIVE_INFINITY, uniqueKey: "", tags: ["", "x".repeat(101)] };
    const error = await intakeWith()
      .admit(wrong)
      .then(() => null)
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof CofferdamError);
    assert.deepEqual(
      error.errors.map(({ pointer }) => pointer),
      ["/priority", "/run_at", "/unique_key", "/tags/0", "/tags/1"],
    );
  });

  it("refuses with the code, and the next step", async () => {
    const cases: readonly (readonly [string, Promise<unknown>])[] = [
      ["unknown_job_type", intakeWith().admit({ type: "report.imprt" })],
      ["unknown_lane", intakeWith().admit({ type: "report.import", lane: "x" })],
      ["input_too_large", intakeWith().admit({ type: "report.import", input: `"${"ü".repeat(60)}"` })],
      ["invalid_json", intakeWith().admit({ type: "report.import", input: "{" })],
      ["invalid_request", intakeWith().admit({ type: "report.import", priority: 1.5 })],
      ["starting", intakeWith({ phase: () => "starting" }).admit({ type: "report.import" })],
      ["draining", intakeWith({ phase: () => "draining" }).admit({ type: "report.import" })],
      ["draining", intakeWith({ phase: () => "stopped" }).admit({ type: "report.import" })],
      ["lane_full", intakeWith({ backlog: { take: async () => false } }).admit({ type: "report.import" })],
      ["intake_paused", intakeWith({}, { intakePaused: { reason: "x", untilMs: null, atMs: 0 } }).admit({ type: "report.import" })],
    ];
    for (const [code, refused] of cases) await assert.rejects(refused, { code });
  });

  it("asks the schema only of types that have one, and points into the input", async () => {
    let asked = 0;
    const validate: IntakeDeps["validate"] = async () => {
      asked += 1;
      return { ok: false, errors: [{ pointer: "/path", detail: "is required" }] };
    };
    await intakeWith({ validate }).admit({ type: "report.import" });
    assert.equal(asked, 0);
    const types = () => new Map([[TYPE.type, { ...TYPE, validates: true }]]);
    await assert.rejects(intakeWith({ validate, types }).admit({ type: "report.import" }), { code: "invalid_input", errors: [{ pointer: "/input/path", detail: "is required" }] });
  });

  it("a pause with an end says when to come back, and lifts itself", async () => {
    const paused = { intakePaused: { reason: "disk", untilMs: 1_005_500, atMs: 0 } };
    await assert.rejects(intakeWith({}, paused).admit({ type: "report.import" }), { code: "intake_paused", retryAfterSeconds: 6 });
    await intakeWith({ clock: clockAt({ now: 1_005_500 }) }, paused).admit({ type: "report.import" });
    assert.equal(activePause(null, 0), null);
  });
});

describe("backlog", () => {
  const ready = (count: number): QueueCount => ({ lane: "default", type: "t", state: "ready", count, oldestReadyMs: 0 });

  it("counts up by itself and asks the store only when it seems full, at most once a second", async () => {
    const ms = { now: 0 };
    let stored = 1;
    let asked = 0;
    const counts = async () => {
      asked += 1;
      return [ready(stored), { ...ready(50), state: "running" as const }, { ...ready(50), state: "succeeded" as const }];
    };
    const backlog = createBacklog({ counts, clock: clockAt(ms), waitingMax: 3 });
    assert.deepEqual([await backlog.take("default"), await backlog.take("default"), await backlog.take("default")], [true, true, false]);
    assert.equal(asked, 1);
    stored = 0;
    assert.equal(await backlog.take("default"), false, "the count is fresh enough");
    ms.now = 1001;
    assert.equal(await backlog.take("default"), true);
    assert.equal(asked, 2);
    assert.equal(await backlog.take("other"), true);
  });

  it("a burst asks once and is not let through beyond the limit", async () => {
    let asked = 0;
    const counts = async () => {
      asked += 1;
      return [ready(0)];
    };
    const backlog = createBacklog({ counts, clock: clockAt({ now: 0 }), waitingMax: 10 });
    const taken = await Promise.all(Array.from({ length: 30 }, () => backlog.take("default")));
    assert.equal(taken.filter(Boolean).length, 10);
    assert.equal(asked, 1);
  });

  it("a store that cannot count refuses with the store's own error", async () => {
    const failing = createBacklog({ counts: () => Promise.reject(new CofferdamError("store_closed", "closed")), clock: clockAt({ now: 0 }), waitingMax: 1 });
    await assert.rejects(failing.take("default"), { code: "store_closed" });
  });
});
