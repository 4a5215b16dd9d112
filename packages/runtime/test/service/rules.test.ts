import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isPlanned, RESTART_REASONS, type ServiceRules } from "../../src/model/index.ts";
import { judge, nextStart, type ServiceSighting } from "../../src/service/index.ts";

const RULES: ServiceRules = {
  freshnessMs: 60_000,
  startupMs: 120_000,
  ageMs: 3_600_000,
  memoryBytes: 1000,
  pids: 100,
  errors: { count: 3, withinMs: 10_000 },
  backoffBaseMs: 1000,
  backoffMaxMs: 8000,
  intensity: { restarts: 4, withinMs: 600_000 },
  escalate: "runtime",
};
const FINE: ServiceSighting = { nowMs: 1_000_000, startedAtMs: 900_000, lastUpdateAtMs: 950_000, errorsAtMs: [], memoryBytes: 1000, tasks: 100 };

describe("the rules of a service", () => {
  const cases: readonly (readonly [string, Partial<ServiceSighting>, readonly string[]])[] = [
    ["everything is at its limit and not above", { lastUpdateAtMs: 940_000, errorsAtMs: [990_001, 990_002] }, []],
    ["an update is late", { lastUpdateAtMs: 939_999 }, ["stale"]],
    ["the first update may take longer", { startedAtMs: 880_000, lastUpdateAtMs: null }, []],
    ["the first update is late", { startedAtMs: 879_999, lastUpdateAtMs: null }, ["stale"]],
    ["too much memory", { memoryBytes: 1001 }, ["memory"]],
    ["what is not known is not too much", { memoryBytes: null, tasks: null }, []],
    ["too many processes", { tasks: 101 }, ["pids"]],
    ["too many errors within the time", { errorsAtMs: [990_001, 990_002, 990_003] }, ["errors"]],
    ["errors that are older do not count", { errorsAtMs: [990_000, 990_002, 990_003] }, []],
    ["too old", { nowMs: 4_500_000, lastUpdateAtMs: 4_490_000 }, ["age"]],
    ["several at once, the gravest first", { nowMs: 4_500_000, memoryBytes: 2000 }, ["stale", "memory", "age"]],
  ];
  for (const [title, seen, reasons] of cases)
    it(title, () => {
      assert.deepEqual(
        judge(RULES, { ...FINE, ...seen }).map(({ reason }) => reason),
        reasons,
      );
    });
});

describe("the next start of a service", () => {
  it("follows a planned end at once and counts it for nothing", () => {
    assert.deepEqual(nextStart(RULES, { recentRestartsMs: [5] }, { reason: "age", nowMs: 10, fraction: 0.5 }), { kind: "start", atMs: 10, recentRestartsMs: [5] });
  });

  it("waits twice as long each time, and escalates with a clean slate", () => {
    let recentRestartsMs: readonly number[] = [];
    const pauses: number[] = [];
    for (let nowMs = 0; ; nowMs += 10_000) {
      const next = nextStart(RULES, { recentRestartsMs }, { reason: "died", nowMs, fraction: 1 });
      ({ recentRestartsMs } = next);
      if (next.kind === "escalate") break;
      pauses.push(next.atMs - nowMs);
    }
    assert.deepEqual(pauses, [1000, 2000, 4000, 8000]);
    assert.deepEqual(recentRestartsMs, []);
  });

  it("never tries more often within the window than the intensity allows, whatever ends it and when", () => {
    const anyEnds = fc.array(
      fc.record({ afterMs: fc.integer({ min: 0, max: 400_000 }), reason: fc.constantFrom(...RESTART_REASONS), fraction: fc.double({ min: 0, max: 0.99, noNaN: true }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(anyEnds, (ends) => {
        let recentRestartsMs: readonly number[] = [];
        let startedAfter: number[] = [];
        let nowMs = 0;
        for (const { afterMs, reason, fraction } of ends) {
          nowMs += afterMs;
          const next = nextStart(RULES, { recentRestartsMs }, { reason, nowMs, fraction });
          ({ recentRestartsMs } = next);
          if (next.kind === "escalate") {
            assert.ok(!isPlanned(reason));
            startedAfter = [];
            continue;
          }
          assert.ok(next.atMs >= nowMs && next.atMs <= nowMs + RULES.backoffMaxMs);
          if (isPlanned(reason)) continue;
          startedAfter.push(nowMs);
          const inWindow = startedAfter.filter((atMs) => atMs > nowMs - RULES.intensity.withinMs).length;
          assert.ok(inWindow <= RULES.intensity.restarts, `${inWindow} restarts within the window`);
        }
      }),
    );
  });
});
