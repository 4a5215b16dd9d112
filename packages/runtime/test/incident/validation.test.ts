import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { beginValidation, observe, parseRule, type Observation } from "../../src/incident/index.ts";
import { wordRule } from "../../src/incident/markdown.ts";
import type { ValidationRecord } from "../../src/model/index.ts";

const AT_MS = 1_790_000_000_000;
const FINE: Observation = { pids: 20, memoryBytes: 100, stalenessSeconds: 5, occurrences: 0 };

function begin(...rules: string[]): ValidationRecord {
  return beginValidation("v_1", "i_1", rules.map(parseRule), AT_MS);
}

/** Observes every ten seconds. */
function watch(record: ValidationRecord, forMs: number, seen: Observation): ValidationRecord {
  let now = record;
  for (let passed = 10_000; passed <= forMs; passed += 10_000) now = observe(now, seen, record.watchedUntilMs + passed);
  return now;
}

describe("the proof of a fix", () => {
  it("reads rules as people write them, and refuses what is none", () => {
    assert.deepEqual(parseRule("pids < 150 for 24h"), { metric: "pids", below: 150, forMs: 86_400_000 });
    assert.deepEqual(parseRule(" staleness_seconds<60 for 90s "), { metric: "staleness_seconds", below: 60, forMs: 90_000 });
    for (const wrong of ["pids > 150 for 24h", "cpu < 1 for 1h", "pids < 150", "pids < x for 1h", "pids < 1 for ever", ""])
      assert.throws(() => parseRule(wrong), { code: "invalid_option" }, wrong);
  });

  it("passes when every rule has held for its time", () => {
    const record = begin("pids < 150 for 1m", "occurrences < 1 for 2m");
    const halfway = watch(record, 60_000, FINE);
    assert.deepEqual(
      halfway.rules.map(({ state }) => state),
      ["passed", "watching"],
    );
    assert.equal(halfway.state, "watching");
    const done = watch(halfway, 60_000, FINE);
    assert.equal(done.state, "passed");
    assert.equal(done.rules[0]?.worst, 20);
  });

  it("fails the moment one rule is broken, with the value that broke it", () => {
    const failed = observe(begin("pids < 150 for 1h", "memory_bytes < 1000 for 1h"), { ...FINE, pids: 150 }, AT_MS + 10_000);
    assert.equal(failed.state, "failed");
    assert.deepEqual(failed.rules[0], { rule: parseRule("pids < 150 for 1h"), state: "failed", worst: 150, decidedAtMs: AT_MS + 10_000 });
    assert.equal(observe(failed, FINE, AT_MS + 99_000_000), failed);
  });

  it("does not count time that nobody watched", () => {
    const record = watch(begin("pids < 150 for 10m"), 300_000, FINE);
    const afterGap = observe(record, FINE, record.watchedUntilMs + 3_600_000);
    assert.equal(afterGap.state, "watching");
    assert.equal(afterGap.unwatchedMs, 3_600_000);
    assert.equal(watch(afterGap, 290_000, FINE).state, "watching");
    assert.equal(watch(afterGap, 300_000, FINE).state, "passed");
  });

  it("proves nothing of what it has not seen, and passes with the first look at it", () => {
    const blind = watch(begin("pids < 150 for 1m", "memory_bytes < 1000 for 1m"), 120_000, { ...FINE, pids: null, memoryBytes: null });
    assert.deepEqual(
      blind.rules.map(({ state, worst }) => [state, worst]),
      [
        ["watching", null],
        ["watching", null],
      ],
    );
    assert.ok(blind.rules.every((rule) => wordRule(rule).includes("watching, nothing seen yet")));
    assert.equal(watch(blind, 10_000, FINE).state, "passed");
  });
});
