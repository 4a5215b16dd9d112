import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CAUSES, DEFAULT_JOB_BUDGET, DEFAULT_RETRY, familyOf, type Cause, type LaneRecord, type Next, type RetryPolicy, type Verdict } from "../../src/model/index.ts";
import { backoffMs, decideNext, escalationOf, type PolicyQuestion } from "../../src/policy/index.ts";

function verdictOf(cause: Cause, retryable = true): Verdict {
  const error = familyOf(cause) === "error" ? { name: "Error", message: "x", code: null, stack: null, retryable } : null;
  return { cause, summary: `It ended: ${cause}.`, confidence: "certain", evidence: [], hypotheses: [], error, stack: [] };
}

function ask(cause: Cause, difference: Partial<PolicyQuestion> = {}): Next {
  return decideNext({
    verdict: verdictOf(cause),
    jobType: { retry: DEFAULT_RETRY },
    errors: 0,
    deaths: 0,
    nowMs: 1000,
    fraction: 0,
    drain: false,
    cancelRequested: false,
    ...difference,
  });
}

test("an error is tried again until its attempts are used", () => {
  assert.deepEqual(pick(ask("failed")), { kind: "retry", counts: "error", runAtMs: 1500 });
  assert.deepEqual(pick(ask("failed", { errors: 1 })), { kind: "retry", counts: "error", runAtMs: 2000 });
  assert.deepEqual(pick(ask("failed", { errors: 2 })), { kind: "give-up", counts: "error" });
});

test("an error that is not worth trying again ends the job at once", () => {
  assert.equal(ask("failed", { verdict: verdictOf("failed", false) }).kind, "give-up");
});

test("an exhausted machine and a lock cost an error and are tried again", () => {
  for (const cause of ["resource-exhausted", "lock-contention", "exited"] as const) assert.deepEqual(pick(ask(cause)), { kind: "retry", counts: "error", runAtMs: 1500 });
});

test("a death backs off, is counted apart from errors, and leads to quarantine with a reason", () => {
  assert.deepEqual(pick(ask("crashed", { errors: 2 })), { kind: "retry", counts: "death", runAtMs: 1500 });
  const last = ask("over-memory", { deaths: 2 });
  assert.deepEqual(pick(last), { kind: "quarantine", counts: "death" });
  assert.match(last.kind === "quarantine" ? last.reason : "", /died 3 times \(3 deaths at most\); the last time: over-memory/);
});

const HIGH: LaneRecord = { name: "high-memory", concurrency: 1, memoryBytes: 4 * 1024 ** 3, dispatchPaused: null, intakePaused: null };
const MEMORY_DEATHS = ["over-memory", "out-of-heap", "oom-killed"] as const;

test("a death of memory: exactly one try in the high-memory lane, then quarantine", () => {
  for (const cause of MEMORY_DEATHS) {
    const next = ask(cause, { escalation: escalationOf("default", DEFAULT_JOB_BUDGET, HIGH) });
    assert.deepEqual(next, { kind: "retry", runAtMs: 1000, counts: "death", reason: `Ended ${cause}; one try in the lane high-memory with 4 GiB.`, lane: "high-memory" });
    const second = ask(cause, { deaths: 1, escalation: escalationOf("high-memory", { ...DEFAULT_JOB_BUDGET, memoryBytes: 4 * 1024 ** 3 }, HIGH) });
    assert.equal(second.kind, "quarantine");
    assert.match(second.kind === "quarantine" ? second.reason : "", /died of memory in the lane high-memory as well/);
  }
});

test("no other end leads to the high-memory lane, and no lane that has no more memory is tried", () => {
  for (const cause of CAUSES.filter((each) => !MEMORY_DEATHS.some((death) => death === each))) {
    const next = ask(cause, { escalation: escalationOf("default", DEFAULT_JOB_BUDGET, HIGH) });
    assert.ok(next.kind !== "retry" || next.lane === undefined, cause);
  }
  for (const high of [null, { ...HIGH, memoryBytes: DEFAULT_JOB_BUDGET.memoryBytes }]) assert.deepEqual(escalationOf("default", DEFAULT_JOB_BUDGET, high), { kind: "none" });
  assert.equal(
    ask("over-memory", { jobType: { retry: { ...DEFAULT_RETRY, deaths: 1 } }, escalation: escalationOf("default", DEFAULT_JOB_BUDGET, HIGH) }).kind,
    "quarantine",
    "its own limit of deaths comes first",
  );
});

test("a drain costs nothing and runs again at once", () => {
  assert.deepEqual(pick(ask("cancelled", { drain: true, errors: 2, deaths: 2 })), { kind: "retry", counts: "none", runAtMs: 1000 });
  assert.deepEqual(pick(ask("killed", { drain: true, deaths: 2 })), { kind: "retry", counts: "none", runAtMs: 1000 });
});

test("what fell with the worker of another costs nothing and runs again at once; its own end counts", () => {
  assert.deepEqual(pick(ask("cancelled", { preempted: true, errors: 2, deaths: 2 })), { kind: "retry", counts: "none", runAtMs: 1000 });
  assert.equal(ask("cancelled", { preempted: true, cancelRequested: true }).kind, "cancelled");
  assert.deepEqual(pick(ask("failed", { preempted: true, errors: 2 })), { kind: "give-up", counts: "error" });
});

test("an error of the program itself counts also while draining", () => {
  assert.deepEqual(pick(ask("failed", { drain: true, errors: 2 })), { kind: "give-up", counts: "error" });
});

test("a cancelled job is cancelled, whatever ended the attempt; a success is a success", () => {
  assert.equal(ask("cancelled").kind, "cancelled");
  assert.equal(ask("cancelled", { drain: true, cancelRequested: true }).kind, "cancelled");
  assert.equal(ask("over-memory", { cancelRequested: true }).kind, "cancelled");
  assert.equal(ask("succeeded", { cancelRequested: true }).kind, "complete");
});

test("a lost attempt is a death, unless nothing had started", () => {
  assert.deepEqual(pick(ask("lost")), { kind: "retry", counts: "death", runAtMs: 1500 });
  assert.deepEqual(pick(ask("lost", { started: false, deaths: 2 })), { kind: "retry", counts: "none", runAtMs: 1000 });
});

test("a type that is no longer known gets the default rules", () => {
  assert.equal(ask("failed", { jobType: null, errors: DEFAULT_RETRY.attempts - 1 }).kind, "give-up");
  assert.equal(ask("crashed", { jobType: null, deaths: DEFAULT_RETRY.deaths - 1 }).kind, "quarantine");
});

const retryPolicy: fc.Arbitrary<RetryPolicy> = fc.record({
  attempts: fc.integer({ min: 1, max: 1000 }),
  deaths: fc.integer({ min: 1, max: 100 }),
  backoffBaseMs: fc.integer({ min: 1, max: 60_000 }),
  backoffMaxMs: fc.integer({ min: 1, max: 86_400_000 }),
});
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("the pause is between half and all of the capped doubling", () => {
  fc.assert(
    fc.property(retryPolicy, fc.integer({ min: 1, max: 2000 }), chance, (retry, count, fraction) => {
      const full = Math.min(retry.backoffBaseMs * 2 ** (count - 1), retry.backoffMaxMs);
      const pauseMs = backoffMs(retry, count, fraction);
      assert.ok(Number.isSafeInteger(pauseMs) && pauseMs >= Math.floor(full / 2) && pauseMs <= Math.ceil(full));
    }),
  );
});

test("every job that keeps ending badly comes to rest, after exactly its attempts or deaths", () => {
  fc.assert(
    fc.property(fc.constantFrom(...CAUSES.filter((cause) => familyOf(cause) === "error" || familyOf(cause) === "death")), retryPolicy, chance, (cause, retry, fraction) => {
      let errors = 0;
      let deaths = 0;
      for (let round = 1; ; round += 1) {
        const next = ask(cause, { jobType: { retry }, errors, deaths, fraction });
        if (next.kind !== "retry") {
          assert.equal(round, familyOf(cause) === "error" ? retry.attempts : retry.deaths);
          assert.equal(next.kind, familyOf(cause) === "error" ? "give-up" : "quarantine");
          return;
        }
        assert.equal(next.counts, familyOf(cause));
        if (next.counts === "error") errors += 1;
        else deaths += 1;
      }
    }),
  );
});

test("the next start is never in the past", () => {
  fc.assert(
    fc.property(fc.constantFrom(...CAUSES), fc.nat(5), fc.nat(5), fc.boolean(), fc.boolean(), chance, (cause, errors, deaths, drain, cancelRequested, fraction) => {
      const next = ask(cause, { errors, deaths, drain, cancelRequested, fraction });
      if (next.kind === "retry") assert.ok(next.runAtMs >= 1000);
      if (next.kind === "complete") assert.equal(cause, "succeeded");
      if (next.kind === "cancelled") assert.ok(cause === "cancelled" || cancelRequested);
    }),
  );
});

/** Without the words. */
function pick(next: Next): object {
  return {
    kind: next.kind,
    ...("counts" in next ? { counts: next.counts } : {}),
    ...(next.kind === "retry" ? { runAtMs: next.runAtMs } : {}),
  };
}
