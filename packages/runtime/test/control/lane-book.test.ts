import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openLaneBook } from "../../src/control/index.ts";
import type { ControlDeps } from "../../src/control/index.ts";
import { createHealthActions, judgeHealth } from "../../src/control/health.ts";
import type { Clock } from "../../src/platform/index.ts";
import type { LaneRecord } from "../../src/model/index.ts";

const PAUSE = { reason: "night", untilMs: null, atMs: 5 };

describe("lane book", () => {
  it("concurrency comes from the configuration, pauses from the store, and an unconfigured lane stays", async () => {
    const stored: LaneRecord[] = [
      { name: "default", concurrency: 9, memoryBytes: null, dispatchPaused: PAUSE, intakePaused: null },
      { name: "old", concurrency: 3, memoryBytes: null, dispatchPaused: null, intakePaused: null },
    ];
    const book = await openLaneBook(
      { lanes: async () => stored, putLane: async () => {} },
      new Map([
        ["default", { concurrency: 2, memoryBytes: null }],
        ["large", { concurrency: 1, memoryBytes: null }],
      ]),
    );
    assert.deepEqual(
      [...book.all().values()].map((lane) => [lane.name, lane.concurrency, lane.dispatchPaused?.reason ?? null]),
      [
        ["default", 2, "night"],
        ["old", 3, null],
        ["large", 1, null],
      ],
    );
  });

  it("a change that could not be stored is not made", async () => {
    const book = await openLaneBook({ lanes: async () => [], putLane: () => Promise.reject(new Error("full")) }, new Map([["default", { concurrency: 2, memoryBytes: null }]]));
    await assert.rejects(book.change("default", { concurrency: 5 }));
    assert.equal(book.all().get("default")?.concurrency, 2);
  });
});

describe("changes of one lane at once", () => {
  it("are all made", async () => {
    const stored: LaneRecord[] = [];
    const putLane = async (lane: LaneRecord) => void stored.push(lane);
    const book = await openLaneBook({ lanes: async () => [], putLane }, new Map([["default", { concurrency: 2, memoryBytes: null }]]));
    await Promise.all([book.change("default", { dispatchPaused: PAUSE }), book.change("default", { intakePaused: PAUSE }), book.change("default", { concurrency: 0 })]);
    const expected = { name: "default", concurrency: 0, memoryBytes: null, dispatchPaused: PAUSE, intakePaused: PAUSE };
    assert.deepEqual(book.all().get("default"), expected);
    assert.deepEqual(stored.at(-1), expected);
  });

  it("do not depend on each other: one that could not be stored holds back none", async () => {
    let refusals = 1;
    const putLane = async () => {
      if (refusals-- > 0) throw new Error("full");
    };
    const book = await openLaneBook({ lanes: async () => [], putLane }, new Map([["default", { concurrency: 2, memoryBytes: null }]]));
    const [refused, made] = await Promise.allSettled([book.change("default", { dispatchPaused: PAUSE }), book.change("default", { concurrency: 0 })]);
    assert.deepEqual([refused.status, made.status], ["rejected", "fulfilled"]);
    assert.deepEqual([book.all().get("default")?.dispatchPaused, book.all().get("default")?.concurrency], [null, 0]);
  });
});

describe("health of a store that hangs", () => {
  it("is an answer after two seconds: not writable", async () => {
    const asked = Promise.withResolvers<() => void>();
    const clock: Clock = { nowMs: () => 0, monotonicMs: () => 0, after: (_, action) => (asked.resolve(action), () => {}), every: () => () => {} };
    const never = () => new Promise<never>(() => {});
    const deps = {
      clock,
      store: { health: never, counts: never },
      crew: { workers: () => [], measured: () => [] },
      catalog: { broken: () => [] },
      host: { phase: () => "running", loopDelayMsMax: () => 0 },
    };
    const answer = createHealthActions(deps as unknown as ControlDeps).health();
    (await asked.promise)();
    const { status, notes, store } = await answer;
    assert.deepEqual([status, store.writable], ["fail", false]);
    assert.match(notes[0] ?? "", /has not answered/);
  });
});

describe("health", () => {
  const store = { writable: true, detail: "", sizeBytes: 0, schemaVersion: 1, journalMode: "wal", lastCommitMs: 1 };
  const facts = { phase: "running" as const, store, brokenModules: 0, loopDelayMsMax: 5 };

  it("fails when nothing can be accepted, warns when something is wrong, passes otherwise", () => {
    assert.deepEqual(judgeHealth(facts), { status: "pass", notes: [] });
    assert.equal(judgeHealth({ ...facts, brokenModules: 1 }).status, "warn");
    assert.equal(judgeHealth({ ...facts, loopDelayMsMax: 1001 }).status, "warn");
    assert.equal(judgeHealth({ ...facts, phase: "draining" }).status, "warn");
    assert.equal(judgeHealth({ ...facts, phase: "stopped" }).status, "fail");
    const full = judgeHealth({ ...facts, store: { ...store, writable: false, detail: "disk full" }, brokenModules: 1 });
    assert.deepEqual([full.status, full.notes.length], ["fail", 2]);
  });
});
