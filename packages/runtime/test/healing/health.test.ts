import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { afterEnd, afterRestart, allowedOf, atTime, beginRamp, FAILED_ALONE_MAX, nextChangeMs, STEADY, type HealingRule, type Health } from "../../src/healing/health.ts";
import { countsOf, EMPTY_WINDOW, noteEnd } from "../../src/healing/intensity.ts";
import { afterStart, GIVE_UP_AFTER, GIVE_UP_MS, HOLD_AFTER, judgeStarts, NO_STARTS } from "../../src/healing/starts.ts";
import { seeded } from "../seeded.ts";

const RULE: HealingRule = { intensity: { windowMs: 60_000, minimum: 10, share: 0.8 }, cooldownMs: 1000, cooldownMsMax: 8000, observeMs: 500 };

function failures(count: number, from: Health = STEADY, atMs = 0): Health {
  let health = from;
  for (let index = 0; index < count; index += 1) health = afterEnd(health, { atMs, failed: true }, RULE);
  return health;
}

describe("failure intensity", () => {
  it("trips at the minimum, not before, and only by share", () => {
    assert.equal(failures(9).kind, "steady");
    const tripped = failures(10);
    assert.deepEqual([tripped.kind, tripped.kind === "tripped" ? tripped.reason : ""], ["tripped", "10 of the last 10 attempts failed within 1 min"]);
    let mixed = STEADY;
    for (let index = 0; index < 200; index += 1) mixed = afterEnd(mixed, { atMs: index, failed: index % 4 !== 0 }, RULE);
    assert.equal(mixed.kind, "steady", "three of four is less than the share");
  });

  it("forgets what is older than its window, and is bounded however many ends there are", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 20_000 }), failed: fc.boolean() }), { maxLength: 200 }), (ends) => {
        let window = EMPTY_WINDOW;
        let atMs = 0;
        const seen: number[] = [];
        for (const end of ends) {
          atMs += end.afterMs;
          seen.push(atMs);
          window = noteEnd(window, { atMs, failed: end.failed }, RULE.intensity);
          const { ended, failed } = countsOf(window);
          assert.ok(window.parts.length <= 13 && failed <= ended);
          const within = (ms: number) => seen.filter((each) => each > atMs - ms).length;
          assert.ok(ended <= within(RULE.intensity.windowMs + 5001) && ended >= within(RULE.intensity.windowMs - 5001), "right to within one part");
        }
      }),
    );
  });
});

describe("trip and ramp", () => {
  it("a longer pause with each trip, up to the most", () => {
    const pauses: number[] = [];
    let health: Health = failures(10);
    for (let round = 0; round < 6; round += 1) {
      assert.ok(health.kind === "tripped");
      pauses.push(health.untilMs - health.sinceMs);
      const ramping = atTime(health, health.untilMs, 8, RULE);
      assert.deepEqual([ramping.kind, allowedOf(ramping)], ["ramping", 1]);
      health = failures(FAILED_ALONE_MAX, ramping, health.untilMs);
    }
    assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 8000, 8000]);
  });

  it("1, 2, 4, 8, well again; each step has to be watched and to succeed", () => {
    const allowed: (number | null)[] = [];
    let health = beginRamp(1, "tripped", 0);
    for (let nowMs = 0; health.kind === "ramping"; nowMs += 500) {
      allowed.push(allowedOf(health));
      assert.equal(nextChangeMs(health, RULE), null, "nothing has succeeded: time alone changes nothing");
      assert.equal(atTime(health, nowMs + 10_000, 8, RULE), health);
      health = afterEnd(health, { atMs: nowMs, failed: false }, RULE);
      assert.equal(atTime(health, nowMs + 499, 8, RULE), health);
      health = atTime(health, nowMs + 500, 8, RULE);
    }
    assert.deepEqual(allowed, [1, 2, 4, 8]);
    assert.equal(allowedOf(health), null);
  });

  it("the first failure of a step leads back to 1; one in ten of a busy step does not", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(1000), (allowed, atMs) => {
        const health: Health = { ...(beginRamp(1, "x", 0) as Extract<Health, { kind: "ramping" }>), allowed };
        assert.equal(allowedOf(afterEnd(health, { atMs, failed: true }, RULE)), 1);
        assert.equal(allowedOf(afterEnd({ ...health, succeeded: 9 }, { atMs, failed: true }, RULE)), allowed);
        assert.equal(allowedOf(afterEnd({ ...health, succeeded: 9, failed: 1 }, { atMs, failed: true }, RULE)), 1);
      }),
    );
  });

  it("earlier trips are forgiven after a long quiet time", () => {
    const steady: Health = { kind: "steady", window: EMPTY_WINDOW, trips: 3, sinceMs: 0 };
    assert.equal(atTime(steady, 15_999, 4, RULE), steady);
    assert.deepEqual(atTime(steady, 16_000, 4, RULE), { ...steady, trips: 0 });
  });

  it("a restart: what was tripped stays so until its time, a ramp begins at 1", () => {
    const tripped = failures(10);
    assert.equal(afterRestart(tripped, 100), tripped);
    assert.equal(allowedOf(afterRestart({ ...(beginRamp(2, "x", 0) as Extract<Health, { kind: "ramping" }>), allowed: 16 }, 100)), 1);
  });

  it("whatever happens, what is allowed is between 0 and all, and a pause always ends", () => {
    const step = fc.oneof(fc.record({ failed: fc.boolean() }), fc.record({ waitMs: fc.integer({ min: 0, max: 5000 }) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 32 }), (steps, full) => {
        let health: Health = STEADY;
        let nowMs = 0;
        for (const each of steps) {
          if ("failed" in each) health = afterEnd(health, { atMs: nowMs, failed: each.failed }, RULE);
          else nowMs += each.waitMs;
          health = atTime(health, nowMs, full, RULE);
          const allowed = allowedOf(health) ?? full;
          assert.ok(allowed >= 0 && allowed <= Math.max(1, full));
          if (health.kind === "tripped") assert.ok(health.untilMs > nowMs && health.untilMs <= nowMs + RULE.cooldownMsMax);
        }
      }),
    );
  });
});

describe("a seeded simulation", () => {
  for (const seed of [1, 2, 3]) {
    it(`a dependency that goes down and comes back: few attempts are lost to it, and the lane is itself again, seed ${seed}`, () => {
      const chance = seeded(seed);
      const full = 16;
      const isDown = (ms: number) => ms >= 20_000 && ms < 80_000;
      let health: Health = STEADY;
      let running: { endMs: number }[] = [];
      let wasted = 0;
      let well = 0;
      let trippedOnce = false;
      let backAtMs: number | null = null;
      for (let nowMs = 0; nowMs < 200_000; nowMs += 10) {
        for (const _ of running.filter(({ endMs }) => endMs <= nowMs)) {
          const failed = isDown(nowMs) || chance() < 0.02;
          health = afterEnd(health, { atMs: nowMs, failed }, RULE);
          if (failed && isDown(nowMs)) wasted += 1;
          else well += 1;
        }
        running = running.filter(({ endMs }) => endMs > nowMs);
        health = atTime(health, nowMs, full, RULE);
        trippedOnce ||= health.kind === "tripped";
        if (nowMs > 80_000 && health.kind === "steady") backAtMs ??= nowMs;
        while (running.length < (allowedOf(health) ?? full)) running.push({ endMs: nowMs + 50 + chance() * 100 });
      }
      assert.ok(trippedOnce);
      // Without the trip 16 at once would have burnt some 9,600 attempts in that minute.
      assert.ok(wasted < 1200, `${wasted} attempts were spent on what was down`);
      assert.ok(backAtMs !== null && backAtMs < 80_000 + RULE.cooldownMsMax + 80 * RULE.observeMs, `itself again after ${backAtMs}`);
      assert.ok(well > 10_000);
    });
  }
});

describe("workers that do not start", () => {
  it("one is tried again at once, several slow it down, a minute of them ends the runtime; one that comes up wipes it out", () => {
    let starts = NO_STARTS;
    for (let count = 1; count < HOLD_AFTER; count += 1) starts = afterStart(starts, "failed", 0);
    assert.equal(judgeStarts(starts, 0), "fine");
    let nowMs = 0;
    for (let count = HOLD_AFTER; count <= GIVE_UP_AFTER; count += 1) {
      starts = afterStart(starts, "failed", nowMs);
      assert.equal(afterStart(starts, "failed", nowMs).holdUntilMs, starts.holdUntilMs, "several that fail together are one reason to hold");
      assert.equal(judgeStarts(starts, nowMs), nowMs >= GIVE_UP_MS && starts.failures >= GIVE_UP_AFTER ? "give-up" : "hold");
      nowMs = starts.holdUntilMs;
    }
    starts = afterStart(starts, "failed", Math.max(nowMs, GIVE_UP_MS));
    assert.equal(judgeStarts(starts, Math.max(nowMs, GIVE_UP_MS)), "give-up");
    assert.equal(judgeStarts(afterStart(starts, "ready", nowMs), nowMs), "fine");
  });

  it("many failures in a moment are no minute of them", () => {
    let starts = NO_STARTS;
    for (let count = 0; count < 50; count += 1) starts = afterStart(starts, "failed", 10);
    assert.equal(judgeStarts(starts, 10), "hold");
  });
});
