import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { afterEnd, afterRestart, allowedOf, atTime, beginRamp, FAILED_ALONE_MAX, nextChangeMs, STEADY, type HealingRule, type Health } from "../../src/healing/health.ts";
import { countsOf, EMPTY_WINDOW, noteEnd } from "../../src/healing/intensity.ts";
import { afterStart, GIVE_UP_AFTER, GIVE_UP_MS, HOLD_AFTER, judgeStarts, NO_STARTS } from "../../src/healing/starts.ts";
import { seeded } from "../seeded.ts";

const RULE: HealingRule = { intensity: { windowMs: 60_000, minimum: 10, share: 0.8 }, cooldownMs: 1000, cooldownMsMax: 8000, observeMs: 500 };

type Ramping = Extract<Health, { kind: "ramping" }>;

function failures(count: number, from: Health = STEADY, atMs = 0, startedAtMs = atMs): Health {
  let health = from;
  for (let index = 0; index < count; index += 1) health = afterEnd(health, { startedAtMs, atMs, failed: true }, RULE);
  return health;
}

/** As after a ramp that began at 0 and has come so far. */
function rampingAt(difference: Partial<Ramping>): Ramping {
  const health = beginRamp(1, "x", 0);
  assert.ok(health.kind === "ramping");
  return { ...health, ...difference };
}

describe("failure intensity", () => {
  it("trips at the minimum, not before, and only by share", () => {
    assert.equal(failures(9).kind, "steady");
    const tripped = failures(10);
    assert.deepEqual([tripped.kind, tripped.kind === "tripped" ? tripped.reason : ""], ["tripped", "10 of the last 10 attempts failed within 1 min"]);
    let mixed = STEADY;
    for (let index = 0; index < 200; index += 1) mixed = afterEnd(mixed, { startedAtMs: 0, atMs: index, failed: index % 4 !== 0 }, RULE);
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
      health = afterEnd(health, { startedAtMs: nowMs, atMs: nowMs, failed: false }, RULE);
      assert.equal(atTime(health, nowMs + 499, 8, RULE), health);
      health = atTime(health, nowMs + 500, 8, RULE);
    }
    assert.deepEqual(allowed, [1, 2, 4, 8]);
    assert.equal(allowedOf(health), null);
  });

  it("the first failure of a step leads back to 1; one in ten of a busy step does not", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(1000), (allowed, atMs) => {
        const end = { startedAtMs: atMs, atMs, failed: true };
        assert.equal(allowedOf(afterEnd(rampingAt({ allowed }), end, RULE)), 1);
        assert.equal(allowedOf(afterEnd(rampingAt({ allowed, succeeded: 9 }), end, RULE)), allowed);
        assert.equal(allowedOf(afterEnd(rampingAt({ allowed, succeeded: 9, failed: 1 }), end, RULE)), 1);
      }),
    );
  });

  it("what began before the ramp says nothing of it, however it ends", () => {
    const tripped = failures(10);
    assert.ok(tripped.kind === "tripped");
    const ramping = atTime(tripped, tripped.untilMs, 16, RULE);
    const atMs = tripped.untilMs + 100;
    assert.equal(failures(6, ramping, atMs, 0), ramping);
    assert.equal(afterEnd(ramping, { startedAtMs: 0, atMs, failed: false }, RULE), ramping);
  });

  it("attempts of one step that fail together lead back to one, and are no failures at one", () => {
    const ramping = rampingAt({ allowed: 8, sinceMs: 1000 });
    const cut = failures(8, ramping, 1200, 1000);
    assert.deepEqual([cut.kind, allowedOf(cut)], ["ramping", 1]);
    assert.equal(failures(FAILED_ALONE_MAX - 1, cut, 1300).kind, "ramping");
    assert.equal(failures(FAILED_ALONE_MAX, cut, 1300).kind, "tripped");
  });

  it("an attempt of an earlier step that fails leads back to one; one that succeeds does not prove the step", () => {
    const ramping = rampingAt({ allowed: 4, sinceMs: 1000 });
    assert.equal(allowedOf(failures(1, ramping, 1200, 900)), 1);
    const unproven = afterEnd(ramping, { startedAtMs: 900, atMs: 1200, failed: false }, RULE);
    assert.equal(nextChangeMs(unproven, RULE), null);
    assert.equal(nextChangeMs(afterEnd(unproven, { startedAtMs: 1000, atMs: 1300, failed: false }, RULE), RULE), 1500);
  });

  it("short attempts that began before an earlier end was heard of weigh alike, whether they failed or not", () => {
    for (const seed of [1, 2, 3]) {
      const chance = seeded(seed);
      let health: Health = beginRamp(1, "x", 0);
      let startedAtMs = 0;
      // One in twenty fails, and we hear of 64 at a time.
      while (health.kind === "ramping" && startedAtMs < 60_000) {
        const atMs = startedAtMs + 64;
        for (; startedAtMs < atMs; startedAtMs += 1) health = atTime(afterEnd(health, { startedAtMs, atMs, failed: chance() < 0.05 }, RULE), atMs, 8, RULE);
      }
      assert.equal(health.kind, "steady", `seed ${seed}`);
    }
  });

  it("earlier trips are forgiven after a long quiet time", () => {
    const steady: Health = { kind: "steady", window: EMPTY_WINDOW, trips: 3, sinceMs: 0 };
    assert.equal(atTime(steady, 15_999, 4, RULE), steady);
    assert.deepEqual(atTime(steady, 16_000, 4, RULE), { ...steady, trips: 0 });
  });

  it("a restart: what was tripped stays so until its time, a ramp begins at 1", () => {
    const tripped = failures(10);
    assert.equal(afterRestart(tripped, 100), tripped);
    assert.equal(allowedOf(afterRestart(rampingAt({ allowed: 16 }), 100)), 1);
  });

  it("whatever happens, what is allowed is between 0 and all, and a pause always ends", () => {
    const step = fc.oneof(fc.record({ failed: fc.boolean(), lastedMs: fc.integer({ min: 0, max: 5000 }) }), fc.record({ waitMs: fc.integer({ min: 0, max: 5000 }) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 32 }), (steps, full) => {
        let health: Health = STEADY;
        let nowMs = 0;
        for (const each of steps) {
          if ("failed" in each) health = afterEnd(health, { startedAtMs: nowMs - each.lastedMs, atMs: nowMs, failed: each.failed }, RULE);
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
  // Without the trip 16 at once would have burnt some 9,600 short attempts in that minute, and some 96 long ones.
  const short = { shortestMs: 50, longestMs: 150, forMs: 200_000, wastedMax: 1200, wellMin: 10_000, backWithinMs: 48_000 };
  // These outlast every pause and step: most of what ends early in a ramp began before it.
  const long = { shortestMs: 5000, longestMs: 15_000, forMs: 400_000, wastedMax: 48, wellMin: 100, backWithinMs: 200_000 };
  for (const { shortestMs, longestMs, forMs, wastedMax, wellMin, backWithinMs } of [short, long]) {
    for (const seed of [1, 2, 3]) {
      it(`a dependency goes down and comes back: few attempts of ${shortestMs} to ${longestMs} ms are lost to it, and the lane is itself again, seed ${seed}`, () => {
        const chance = seeded(seed);
        const full = 16;
        const isDown = (ms: number) => ms >= 20_000 && ms < 80_000;
        let health: Health = STEADY;
        let running: { readonly beganMs: number; readonly endMs: number }[] = [];
        /** When it was last brought to one, and how many that began since then have failed. */
        let aloneSinceMs = 0;
        let failedSince = 0;
        let wasted = 0;
        let well = 0;
        let trippedOnce = false;
        let backAtMs: number | null = null;
        const change = (after: Health, nowMs: number): void => {
          if (allowedOf(after) === 1 && allowedOf(health) !== 1) [aloneSinceMs, failedSince] = [nowMs, 0];
          if (after.kind === "tripped" && health.kind === "ramping") assert.ok(failedSince >= FAILED_ALONE_MAX, `tripped again after ${failedSince} failures of its own`);
          health = after;
        };
        for (let nowMs = 0; nowMs < forMs; nowMs += 10) {
          for (const { beganMs } of running.filter(({ endMs }) => endMs <= nowMs)) {
            const failed = isDown(nowMs) || chance() < 0.02;
            if (failed && beganMs >= aloneSinceMs) failedSince += 1;
            change(afterEnd(health, { startedAtMs: beganMs, atMs: nowMs, failed }, RULE), nowMs);
            if (failed && isDown(nowMs)) wasted += 1;
            else well += 1;
          }
          running = running.filter(({ endMs }) => endMs > nowMs);
          change(atTime(health, nowMs, full, RULE), nowMs);
          trippedOnce ||= health.kind === "tripped";
          if (nowMs > 80_000 && health.kind === "steady") backAtMs ??= nowMs;
          while (running.length < (allowedOf(health) ?? full)) running.push({ beganMs: nowMs, endMs: nowMs + shortestMs + chance() * (longestMs - shortestMs) });
        }
        assert.ok(trippedOnce);
        assert.ok(wasted < wastedMax, `${wasted} attempts were spent on what was down`);
        assert.ok(backAtMs !== null && backAtMs < 80_000 + backWithinMs, `itself again after ${backAtMs}`);
        assert.ok(well > wellMin, `${well} went well`);
      });
    }
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
