import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { answerOf, BREAKER_OPEN_MS_MAX, changeBreaker, type BreakerAsk, type BreakerRecord, type BreakerRule } from "../../src/model/index.ts";

const RULE: BreakerRule = { failures: 3, forMs: 1000, probes: 1, probeMs: 500 };
const key = "domain:example.com";

/** A breaker that is asked one thing after the other. */
function play(steps: readonly (readonly [atMs: number, holder: string, ask: BreakerAsk])[]): { record: BreakerRecord | null; states: string[] } {
  let record: BreakerRecord | null = null;
  const states: string[] = [];
  for (const [nowMs, holder, ask] of steps) {
    const done = changeBreaker(record, ask, { key, holder, nowMs });
    record = done.record;
    states.push(`${done.answer.state}${done.answer.allowed ? "+" : "-"}`);
  }
  return { record, states };
}

const ask: BreakerAsk = { kind: "ask", rule: RULE };
const fail: BreakerAsk = { kind: "failure", rule: RULE, evidence: "403" };
const success: BreakerAsk = { kind: "success" };

describe("a breaker", () => {
  it("opens after failures in a row, and a success in between begins the count anew", () => {
    const { record, states } = play([
      [0, "a", fail],
      [1, "a", fail],
      [2, "b", success],
      [3, "a", fail],
      [4, "a", fail],
      [5, "a", ask],
      [6, "b", fail],
      [7, "c", ask],
    ]);
    assert.deepEqual(states, ["closed+", "closed+", "closed+", "closed+", "closed+", "closed+", "open-", "open-"]);
    assert.equal(record?.openUntilMs, 1006);
    assert.equal(record?.evidence, "403");
  });

  it("lets one try when its time is over; its success closes it, what others say meanwhile does not", () => {
    const { states, record } = play([
      [0, "a", { kind: "trip", forMs: 100, evidence: "challenge" }],
      [99, "b", ask],
      [100, "b", ask],
      [101, "c", ask],
      [102, "c", success],
      [103, "c", fail],
      [104, "b", ask],
      [105, "b", success],
    ]);
    assert.deepEqual(states, ["open-", "open-", "half-open+", "half-open-", "half-open-", "half-open-", "half-open+", "closed+"]);
    assert.equal(record, null);
  });

  it("opens for twice as long when the try fails, and lets another one try when nothing is heard of it", () => {
    const { states, record } = play([
      [0, "a", { kind: "trip", forMs: 100, evidence: "challenge" }],
      [100, "b", ask],
      [600, "c", ask],
      [700, "c", fail],
      [899, "a", ask],
      [900, "a", ask],
    ]);
    assert.deepEqual(states, ["open-", "half-open+", "half-open+", "open-", "open-", "half-open+"]);
    assert.equal(record?.trips, 2);
  });

  it("is forgotten a day after its time is over, or at once when it is reset", () => {
    const { record } = play([[0, "a", { kind: "trip", forMs: 100, evidence: "x" }]]);
    assert.equal(record?.expiresAtMs, 100 + 86_400_000);
    assert.equal(changeBreaker(record, ask, { key, holder: "b", nowMs: 100 + 86_400_000 }).record, null);
    assert.equal(changeBreaker(record, { kind: "reset" }, { key, holder: "me", nowMs: 1 }).answer.allowed, true);
  });
});

const anyRule = fc.record({
  failures: fc.integer({ min: 1, max: 5 }),
  forMs: fc.integer({ min: 1, max: 400 }),
  probes: fc.integer({ min: 1, max: 3 }),
  probeMs: fc.integer({ min: 1, max: 400 }),
});
const anyAsk = fc.oneof(
  fc.record({ kind: fc.constant("ask" as const) }),
  fc.record({ kind: fc.constant("success" as const) }),
  fc.record({ kind: fc.constant("failure" as const) }),
  fc.record({ kind: fc.constant("trip" as const), forMs: fc.integer({ min: 1, max: 2 * BREAKER_OPEN_MS_MAX }) }),
);
const anySteps = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 300 }), holder: fc.constantFrom("a", "b", "c", "d"), ask: anyAsk }), { maxLength: 60 });

function completed(asked: { readonly kind: "ask" | "success" | "failure" } | { readonly kind: "trip"; readonly forMs: number }, rule: BreakerRule): BreakerAsk {
  if (asked.kind === "trip") return { ...asked, evidence: "x" };
  if (asked.kind === "failure") return { kind: "failure", rule, evidence: null };
  return asked.kind === "ask" ? { kind: "ask", rule } : { kind: "success" };
}

describe("any breaker, whatever is asked of it", () => {
  it("never lets more try at once than its quota, nobody while it is open, and stays open for 30 days at most", () => {
    fc.assert(
      fc.property(anyRule, anySteps, (rule, steps) => {
        let record: BreakerRecord | null = null;
        let nowMs = 0;
        for (const { afterMs, holder, ask: asked } of steps) {
          nowMs += afterMs;
          const complete = completed(asked, rule);
          const before: BreakerRecord | null = record;
          const { record: after, answer } = changeBreaker(before, complete, { key, holder, nowMs });
          record = after;
          const trying = after?.probes.filter(({ untilMs }) => untilMs > nowMs) ?? [];
          assert.ok(trying.length <= rule.probes);
          assert.equal(new Set(trying.map((probe) => probe.holder)).size, trying.length, "nobody tries twice");
          if (answer.state === "open") assert.ok(!answer.allowed && (answer.untilMs ?? 0) > nowMs && (answer.untilMs ?? 0) <= nowMs + BREAKER_OPEN_MS_MAX);
          if (complete.kind === "ask" && answer.state === "half-open" && answer.allowed) assert.ok(trying.some((probe) => probe.holder === holder));
          if (complete.kind === "ask" && before?.state === "open" && nowMs < (before.openUntilMs ?? 0)) assert.deepEqual(after, before, "asking changes nothing while it is open");
          if (after !== null) assert.deepEqual(answerOf(after, { key, holder, nowMs }), answer);
          assert.ok(after === null || after.state !== "closed" || after.failures < rule.failures);
        }
      }),
    );
  });
});
