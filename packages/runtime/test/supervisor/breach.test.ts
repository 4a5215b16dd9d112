import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { NO_BUDGET, type Budget } from "../../src/model/index.ts";
import { findBreach, lookAgainMs, nextDeadlineMs, type Sighting } from "../../src/supervisor/breach.ts";

const CALM: Sighting = {
  budget: NO_BUDGET,
  nowMs: 10_000,
  startedAtMs: 9000,
  lastProgressAtMs: 9500,
  lastBeatAtMs: 9900,
  starvedMs: 0,
  memoryBytes: 100,
  tasks: 10,
  outputBytes: 50,
  memoryLimiter: "polled",
  pidsLimiter: "polled",
  oomKills: 0,
  ownLimitHit: false,
  pidsRefused: 0,
};
const FULL: Budget = { memoryBytes: 100, pids: 10, timeMs: 2000, stallMs: 800, blockMs: 400, outputBytes: 50 };

const seen = (changes: Partial<Sighting>): Sighting => ({ ...CALM, budget: FULL, ...changes });

describe("findBreach", () => {
  const cases: readonly (readonly [string, Partial<Sighting>, { readonly kind: string; readonly limit: number; readonly observed: number } | null])[] = [
    ["everything is at its limit and not above", {}, null],
    ["one byte too many", { memoryBytes: 101 }, { kind: "memory", limit: 100, observed: 101 }],
    ["the kernel killed at our limit", { oomKills: 1, ownLimitHit: true }, { kind: "memory", limit: 100, observed: 100 }],
    ["the kernel killed at a limit above ours", { oomKills: 1, ownLimitHit: false }, null],
    ["our limit was hit but memory could be taken back", { oomKills: 0, ownLimitHit: true }, null],
    ["one task too many", { tasks: 11 }, { kind: "pids", limit: 10, observed: 11 }],
    ["the kernel refused a fork", { pidsRefused: 1 }, { kind: "pids", limit: 10, observed: 11 }],
    ["one byte of output too many", { outputBytes: 51 }, { kind: "output", limit: 50, observed: 51 }],
    ["the time is up to the millisecond", { nowMs: 11_000, lastProgressAtMs: 11_000, lastBeatAtMs: 11_000 }, { kind: "time", limit: 2000, observed: 2000 }],
    ["no progress for the whole window", { lastProgressAtMs: 9200 }, { kind: "stall", limit: 800, observed: 800 }],
    ["no beat for the whole window", { lastBeatAtMs: 9600 }, { kind: "block", limit: 400, observed: 400 }],
    ["no beat for the whole window, and no CPU for a part of it", { lastBeatAtMs: 9600, starvedMs: 1 }, null],
    ["no beat, and all of the window that it had a CPU for", { lastBeatAtMs: 9500, starvedMs: 100 }, { kind: "block", limit: 400, observed: 400 }],
    ["no beat, and hardly any CPU, for less than four windows", { lastBeatAtMs: 8401, starvedMs: 1590 }, null],
    ["no beat, and hardly any CPU, for four windows", { lastBeatAtMs: 8400, starvedMs: 1590 }, { kind: "block", limit: 400, observed: 400 }],
    ["a command has no beats", { lastBeatAtMs: null }, null],
    ["memory is graver than time", { memoryBytes: 101, nowMs: 12_000 }, { kind: "memory", limit: 100, observed: 101 }],
    ["blocked says more than stalled", { lastBeatAtMs: 9000, lastProgressAtMs: 9000 }, { kind: "block", limit: 400, observed: 1000 }],
  ];
  for (const [when, changes, expected] of cases)
    it(when, () => {
      const given = seen(changes);
      assert.deepEqual(findBreach(given), expected);
    });

  it("never finds anything where there is no budget", () => {
    fc.assert(fc.property(sightings(fc.constant(NO_BUDGET)), (given) => findBreach(given) === null && lookAgainMs(given, null) === 500 && nextDeadlineMs(given) === Infinity));
  });

  it("names only a budget that is set, with a number that breaks it", () => {
    fc.assert(
      fc.property(sightings(budgets()), (given) => {
        const breach = findBreach(given);
        if (breach === null) return true;
        const isLimit = Object.values(given.budget).includes(breach.limit);
        return isLimit && breach.observed >= breach.limit;
      }),
    );
  });

  it("only gets graver: what is broken stays broken when more is used", () => {
    fc.assert(
      fc.property(sightings(budgets()), fc.nat(1000), (given, more) => {
        const later = { ...given, nowMs: given.nowMs + more, memoryBytes: given.memoryBytes + more, tasks: given.tasks + more, outputBytes: given.outputBytes + more };
        return findBreach(given) === null || findBreach(later) !== null;
      }),
    );
  });

  it("looks again in time: what grows steadily is seen before it has passed its limit by half", () => {
    const first = { ...seen({}), budget: { ...NO_BUDGET, memoryBytes: 1000 }, nowMs: 0, memoryBytes: 100 };
    // 2 a millisecond: 900 are left, so the limit is 450 ms away.
    assert.equal(lookAgainMs({ ...first, nowMs: 50, memoryBytes: 200 }, first), 400 / 3);
    assert.equal(lookAgainMs({ ...first, nowMs: 50, memoryBytes: 100 }, first), 250, "nothing grows");
    assert.equal(lookAgainMs({ ...first, nowMs: 50, memoryBytes: 600 }, first), 20, "as closely as it gets");
    assert.equal(lookAgainMs({ ...first, nowMs: 50, memoryBytes: 600 }, null), 100, "above half");
    assert.equal(lookAgainMs({ ...first, nowMs: 50, memoryBytes: 900 }, null), 25, "above four fifths");
    assert.equal(lookAgainMs({ ...first, nowMs: 50, memoryBytes: 900, memoryLimiter: "kernel" }, first), 100, "the kernel holds it");
    const near = { ...first, memoryBytes: 890, memoryLimiter: "kernel" as const };
    assert.equal(lookAgainMs({ ...near, nowMs: 50, memoryBytes: 900 }, near), 250, "the kernel holds it and it stands still");
  });

  it("looks closely at an output that grows, and leaves one that does not to the rest", () => {
    const first = { ...seen({}), budget: { ...NO_BUDGET, outputBytes: 1000 }, nowMs: 0, outputBytes: 100 };
    assert.equal(lookAgainMs({ ...first, nowMs: 500 }, first), 500, "nothing was written");
    assert.equal(lookAgainMs({ ...first, nowMs: 500, outputBytes: 101 }, first), 250, "a little");
    assert.equal(lookAgainMs({ ...first, nowMs: 50, outputBytes: 200 }, first), 400 / 3, "much");
  });

  it("always looks again within 20 to 500 ms", () => {
    fc.assert(
      fc.property(sightings(budgets()), sightings(budgets()), (given, before) => {
        const untilMs = lookAgainMs(given, before);
        return untilMs >= 20 && untilMs <= 500;
      }),
    );
  });

  it("is due when the next deadline says so, and not a millisecond before", () => {
    fc.assert(
      fc.property(sightings(budgets()), fc.integer({ min: 1, max: 5000 }), (seenNow, timeMs) => {
        // Nothing but the clock can break a budget here, and at the start it has broken none.
        const unused = { memoryBytes: 0, tasks: 0, outputBytes: 0, oomKills: null, ownLimitHit: null, pidsRefused: null };
        const fresh = { startedAtMs: seenNow.nowMs, lastProgressAtMs: seenNow.nowMs, lastBeatAtMs: seenNow.lastBeatAtMs === null ? null : seenNow.nowMs };
        const given = { ...seenNow, ...unused, ...fresh, budget: { ...seenNow.budget, timeMs } };
        const untilMs = nextDeadlineMs(given);
        const before = { ...given, nowMs: given.nowMs + untilMs - 1 };
        return untilMs > 0 && findBreach(before) === null && findBreach({ ...given, nowMs: given.nowMs + untilMs }) !== null;
      }),
    );
  });
});

function budgets(): fc.Arbitrary<Budget> {
  const limit = fc.option(fc.integer({ min: 1, max: 5000 }), { nil: null });
  return fc.record({ memoryBytes: limit, pids: limit, timeMs: limit, stallMs: limit, blockMs: limit, outputBytes: limit });
}

function sightings(budget: fc.Arbitrary<Budget>): fc.Arbitrary<Sighting> {
  const count = fc.nat(3);
  const limiter = fc.constantFrom("kernel" as const, "polled" as const);
  return fc
    .record({
      budget,
      elapsedMs: fc.nat(6000),
      silentMs: fc.nat(6000),
      blockedMs: fc.option(fc.nat(6000), { nil: null }),
      starvedMs: fc.nat(2000),
      memoryBytes: fc.nat(6000),
      tasks: fc.nat(6000),
      memoryLimiter: limiter,
      pidsLimiter: limiter,
      outputBytes: fc.nat(6000),
      oomKills: fc.option(count, { nil: null }),
      ownLimitHit: fc.option(fc.boolean(), { nil: null }),
      pidsRefused: fc.option(count, { nil: null }),
    })
    .map(({ elapsedMs, silentMs, blockedMs, ...rest }) =>
      Object.assign(rest, {
        nowMs: 10_000,
        startedAtMs: 10_000 - elapsedMs,
        lastProgressAtMs: 10_000 - silentMs,
        lastBeatAtMs: blockedMs === null ? null : 10_000 - blockedMs,
      }),
    );
}
