import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Intent } from "../../src/model/index.ts";
import { bounded, climbDown, type LadderTarget } from "../../src/supervisor/ladder.ts";
import { createFakeClock, type FakeClock } from "../dispatch/fake-clock.ts";

const NEVER = new Promise<never>(() => undefined);

const budget = (kind: "memory" | "pids" | "time" | "stall" | "block" | "output"): Intent => ({ kind, limit: 1, observed: 2, atMs: 0 });
const cancel = (mode: "graceful" | "kill"): Intent => ({ kind: "cancel", by: "api", reason: "", mode, atMs: 0 });
const drain: Intent = { kind: "drain", reason: "SIGTERM", atMs: 0 };

interface Rungs {
  readonly target: LadderTarget;
  /** What was done, with the time it was done at. */
  readonly done: string[];
}

function rungs(clock: FakeClock, changes: Partial<LadderTarget> = {}): Rungs {
  const done: string[] = [];
  const note = (what: string): void => void done.push(`${what}@${clock.monotonicMs()}`);
  const { recordIntent, captureStack, ...rest } = changes;
  const target: LadderTarget = {
    ask: () => note("ask"),
    ended: NEVER,
    canHear: () => true,
    ...rest,
    recordIntent: (intent) => {
      note("record");
      return recordIntent === undefined ? Promise.resolve() : recordIntent(intent);
    },
    captureStack:
      captureStack === null
        ? null
        : () => {
            note("capture");
            return captureStack === undefined ? Promise.resolve() : captureStack();
          },
    endTree: () => {
      note("end");
      return Promise.resolve([]);
    },
  };
  return { target, done };
}

async function climb(intent: Intent, graceMs: number, changes: Partial<LadderTarget> = {}): Promise<readonly string[]> {
  const clock = createFakeClock();
  const { target, done } = rungs(clock, changes);
  const progress = { isDone: false };
  const end = climbDown(target, intent, graceMs, clock).then(() => {
    progress.isDone = true;
  });
  await clock.pass(0);
  while (!progress.isDone && (await clock.step()));
  await end;
  assert.equal(clock.timers(), 0, "a timer was left behind");
  return done;
}

describe("the stop ladder", () => {
  it("records, asks, waits out the grace, then ends", async () => {
    for (const intent of [budget("time"), budget("stall"), drain, cancel("graceful")]) assert.deepEqual(await climb(intent, 2000), ["record@0", "ask@0", "end@2000"]);
  });

  it("does not ask what cannot wait", async () => {
    for (const intent of [budget("memory"), budget("pids"), budget("output"), cancel("kill")]) assert.deepEqual(await climb(intent, 2000), ["record@0", "end@0"]);
  });

  it("does not ask when there is no grace", async () => assert.deepEqual(await climb(cancel("graceful"), 0), ["record@0", "end@0"]));

  it("takes the stack of a loop that is blocked instead of asking it", async () => {
    assert.deepEqual(await climb(budget("block"), 2000), ["record@0", "capture@0", "end@0"]);
    for (const intent of [budget("time"), budget("stall"), drain, cancel("graceful")])
      assert.deepEqual(await climb(intent, 2000, { canHear: () => false }), ["record@0", "capture@0", "end@0"]);
  });

  it("takes no stack where there is none, or for what memory did", async () => {
    assert.deepEqual(await climb(budget("time"), 2000, { canHear: () => false, captureStack: null }), ["record@0", "end@0"]);
    assert.deepEqual(await climb(budget("memory"), 2000, { canHear: () => false }), ["record@0", "end@0"]);
  });

  it("takes the stack of one that was asked and fell silent", async () => {
    let looks = 0;
    assert.deepEqual(await climb(cancel("graceful"), 500, { canHear: () => (looks += 1) === 1 }), ["record@0", "ask@0", "capture@500", "end@500"]);
  });

  it("ends early when the program ends by itself", async () => {
    const clock = createFakeClock();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const { target, done } = rungs(clock, { ended });
    const end = climbDown(target, drain, 60_000, clock);
    await clock.pass(300);
    resolve();
    await end;
    assert.deepEqual(done, ["record@0", "ask@0", "end@300"]);
    assert.equal(clock.timers(), 0);
  });

  it("never waits for ever: not for the record, not for the stack", async () => {
    assert.deepEqual(await climb(budget("memory"), 2000, { recordIntent: () => NEVER }), ["record@0", "end@250"]);
    assert.deepEqual(await climb(budget("block"), 2000, { captureStack: () => NEVER }), ["record@0", "capture@0", "end@60000"]);
    assert.deepEqual(await climb(budget("block"), 2000, { recordIntent: () => Promise.reject(new Error("disk full")), captureStack: () => Promise.reject(new Error("gone")) }), [
      "record@0",
      "capture@0",
      "end@0",
    ]);
  });

  it("does nothing to the program before the intent is on record", async () => {
    const clock = createFakeClock();
    const { promise: recorded, resolve } = Promise.withResolvers<void>();
    const { target, done } = rungs(clock, { recordIntent: () => recorded });
    const end = climbDown(target, budget("memory"), 0, clock);
    await clock.pass(249);
    assert.deepEqual(done, ["record@0"]);
    resolve();
    await end;
    assert.deepEqual(done, ["record@0", "end@249"]);
  });

  it("says which came first, the answer or the time", async () => {
    const clock = createFakeClock();
    assert.equal(await bounded(Promise.resolve(), 10, clock), "answered");
    assert.equal(await bounded(Promise.reject(new Error("no")), 10, clock), "answered");
    const late = bounded(NEVER, 10, clock);
    await clock.pass(10);
    assert.equal(await late, "timed-out");
  });
});
