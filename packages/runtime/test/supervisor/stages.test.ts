import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NO_BUDGET } from "../../src/model/index.ts";
import { findBreach, nextDeadlineMs, type Sighting } from "../../src/supervisor/breach.ts";
import { createStageBoard, STAGE_GRACE_MS, type StageBoard } from "../../src/supervisor/stage-board.ts";
import { createFakeClock } from "../dispatch/fake-clock.ts";

const attemptId = "a_1";

function openBoard(): { board: StageBoard; clock: ReturnType<typeof createFakeClock>; enter(stage: number, name: string, budgetMs: number): void } {
  const clock = createFakeClock();
  const board = createStageBoard(clock);
  return { board, clock, enter: (stage, name, budgetMs) => board.note({ kind: "stage", attemptId, stage, change: "entered", name, budgetMs }) };
}

const sighting = (board: StageBoard, nowMs: number): Sighting => ({
  budget: NO_BUDGET,
  nowMs,
  startedAtMs: 0,
  lastProgressAtMs: nowMs,
  lastBeatAtMs: nowMs,
  starvedMs: 0,
  memoryBytes: 1,
  tasks: 1,
  outputBytes: 0,
  memoryLimiter: "polled",
  pidsLimiter: "polled",
  oomKills: 0,
  ownLimitHit: false,
  pidsRefused: 0,
  stage: board.next(),
});

describe("the stages of an attempt", () => {
  it("have no deadline while none is open", async () => {
    const { board, clock } = openBoard();
    assert.equal(board.next(), null);
    assert.equal(nextDeadlineMs(sighting(board, clock.monotonicMs())), Infinity);
  });

  it("are given the grace after they were cut, and twice that when nothing was said", async () => {
    const { board, clock, enter } = openBoard();
    const startMs = clock.monotonicMs();
    enter(1, "outer", 60_000);
    enter(2, "outer > inner", 1000);
    assert.equal(board.next()?.dueMs, startMs + 1000 + 2 * STAGE_GRACE_MS);
    await clock.pass(1000);
    board.note({ kind: "stage", attemptId, stage: 2, change: "cut" });
    assert.equal(board.next()?.dueMs, startMs + 1000 + STAGE_GRACE_MS);
    assert.equal(findBreach(sighting(board, startMs + 1000 + STAGE_GRACE_MS - 1)), null);
    assert.equal(nextDeadlineMs(sighting(board, startMs + 1000)), STAGE_GRACE_MS);
    const breach = findBreach(sighting(board, startMs + 1000 + STAGE_GRACE_MS));
    assert.deepEqual(breach, { kind: "time", limit: 1000, observed: 1500, stage: "outer > inner" });
  });

  it("are told as they were at the end, the last one that was cut among them", async () => {
    const { board, clock, enter } = openBoard();
    enter(1, "a", 5000);
    enter(2, "a > b", 100);
    await clock.pass(100);
    board.note({ kind: "stage", attemptId, stage: 2, change: "cut" });
    await clock.pass(20);
    board.note({ kind: "stage", attemptId, stage: 2, change: "left" });
    assert.equal(board.current(), "a");
    board.freeze();
    await clock.pass(700);
    assert.deepEqual(board.seen(), [
      { name: "a", budgetMs: 5000, elapsedMs: 120, state: "open" },
      { name: "a > b", budgetMs: 100, elapsedMs: 120, state: "timed-out" },
    ]);
  });
});
