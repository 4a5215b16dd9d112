import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AttemptEvidence, HeldHeap, Hypothesis, Intent } from "../../src/model/index.ts";
import { decideVerdict } from "../../src/verdict/index.ts";
import { evidenceOf, signalled } from "./evidence-of.ts";

const MIB = 1024 ** 2;
const LIMIT_BYTES = 75 * MIB;
const V8_WORDS = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
const BLOCK: Intent = { kind: "block", limit: 30_000, observed: 30_004, atMs: 5 };
const FATAL = {
  event: "Reached heap limit Allocation failed - JavaScript heap out of memory",
  trigger: "OOMError",
  heapUsedBytes: 74 * MIB,
  heapLimitBytes: LIMIT_BYTES,
  source: "report",
};

function blockedWith(heap: Partial<HeldHeap> | null, difference: Partial<AttemptEvidence> = {}): AttemptEvidence {
  const held = heap === null ? null : { usedBytes: 5 * MIB, limitBytes: LIMIT_BYTES, collectingShare: null, ...heap };
  const loop = { silentMs: 30_004, stack: ["fill (/srv/job.ts:4:2)"], state: "R", nativeCall: false, heap: held };
  return evidenceOf({ intent: BLOCK, ...signalled("SIGKILL"), loop, ...difference });
}

function suspect(evidence: AttemptEvidence, name: string): Hypothesis {
  const found = decideVerdict(evidence).hypotheses.find(({ cause }) => cause === name);
  assert.ok(found !== undefined, `${name} was judged`);
  return found;
}

describe("a loop that is blocked while the heap is full", () => {
  it("is out-of-heap for certain when V8 itself gave up while it was being ended", () => {
    for (const exit of [signalled("SIGABRT"), signalled("SIGKILL")]) {
      const verdict = decideVerdict(blockedWith(null, { ...exit, fatalReport: FATAL }));
      assert.deepEqual([verdict.cause, verdict.confidence], ["out-of-heap", "certain"]);
      assert.match(verdict.summary, /74 MiB of 75 MiB\): V8 gave up after the event loop had not turned for 30 s \(block limit 30 s\)/);
      assert.deepEqual(verdict.stack, ["fill (/srv/job.ts:4:2)"]);
      assert.ok(verdict.evidence.some(({ fact, source }) => fact === "block limit" && source === "journal: intent"));
    }
    assert.equal(decideVerdict(blockedWith(null, { ...signalled("SIGABRT"), logTail: [V8_WORDS] })).cause, "blocked", "V8 would have reported before it aborted");
  });

  it("is blocked when only the log speaks of a full heap: a child, or a quoted text, says the same words", () => {
    for (const heap of [null, {}, { usedBytes: 30 * MIB, collectingShare: 0.9 }])
      for (const line of [V8_WORDS, "last night's run ended with: JavaScript heap out of memory"]) {
        const evidence = blockedWith(heap, { logTail: [line, "going on without it"] });
        assert.equal(decideVerdict(evidence).cause, "blocked");
        const memory = suspect(evidence, "memory-exhaustion");
        assert.equal(memory.confidence, "possible");
        assert.ok(memory.for.some(({ value, source }) => value === line && source === "log"));
      }
  });

  it("is out-of-heap in all likelihood when V8's words stand beside a heap that was nearly full: our signal was quicker than its report", () => {
    const verdict = decideVerdict(blockedWith({ usedBytes: 70 * MIB }, { logTail: [V8_WORDS] }));
    assert.deepEqual([verdict.cause, verdict.confidence], ["out-of-heap", "likely"]);
    assert.ok(verdict.evidence.some(({ value, source }) => value === V8_WORDS && source === "log"));
  });

  it("is out-of-heap in all likelihood when the held heap was nearly full and its time went into collecting it", () => {
    const verdict = decideVerdict(blockedWith({ usedBytes: 70 * MIB, collectingShare: 0.92 }));
    assert.deepEqual([verdict.cause, verdict.confidence], ["out-of-heap", "likely"]);
    assert.match(verdict.summary, /\(70 MiB of 75 MiB\) and V8 spent 92 % of its time collecting it/);
    assert.ok(verdict.evidence.some(({ value, source }) => value === 0.92 && source === "inspector: CPU profile"));
  });

  it("holds for a stall as well, when the loop was silent all the while", () => {
    const stall: Intent = { kind: "stall", limit: 5000, observed: 5001, atMs: 5 };
    assert.equal(decideVerdict(blockedWith({ usedBytes: 70 * MIB, collectingShare: 0.9 }, { intent: stall })).cause, "out-of-heap");
    const free = { silentMs: 0, stack: [], state: "S", nativeCall: false };
    assert.equal(decideVerdict(blockedWith(null, { intent: stall, loop: free, fatalReport: FATAL })).cause, "stalled");
  });

  it("is blocked, with memory as a possibility, when it was nearly full but did not collect", () => {
    for (const collectingShare of [null, 0.1, 0.49]) {
      const evidence = blockedWith({ usedBytes: 70 * MIB, collectingShare });
      assert.equal(decideVerdict(evidence).cause, "blocked");
      const memory = suspect(evidence, "memory-exhaustion");
      assert.equal(memory.confidence, "possible");
      assert.ok(memory.for.some(({ value }) => value === 70 * MIB));
    }
  });

  it("is out-of-heap in all likelihood when it was nearly full and the attempt's own memory limit was quicker than V8", () => {
    const kernel = { ...evidenceOf({}).kernel, oomKill: 1 };
    const verdict = decideVerdict(blockedWith({ usedBytes: 70 * MIB }, { kernel }));
    assert.deepEqual([verdict.cause, verdict.confidence], ["out-of-heap", "likely"]);
    assert.ok(verdict.evidence.some(({ value, source }) => value === 1 && source === "cgroup oom_kill rise"));
    assert.equal(decideVerdict(blockedWith({ usedBytes: 30 * MIB }, { kernel })).cause, "blocked", "another process of the tree may be the victim");
  });

  it("is blocked, and the heap speaks against memory, when it had room: also for a loop that collects much of what it throws away", () => {
    for (const collectingShare of [null, 0.9]) {
      const evidence = blockedWith({ usedBytes: 30 * MIB, collectingShare });
      assert.equal(decideVerdict(evidence).cause, "blocked");
      assert.ok(suspect(evidence, "memory-exhaustion").against.some(({ value }) => value === 30 * MIB));
    }
  });

  it("is blocked, and memory is the likely suspect, when it fills up but was not full yet", () => {
    const evidence = blockedWith({ usedBytes: 40 * MIB, grewBytes: 15 * MIB, collectingShare: 0.8 });
    assert.equal(decideVerdict(evidence).cause, "blocked");
    const memory = suspect(evidence, "memory-exhaustion");
    assert.equal(memory.confidence, "likely");
    assert.ok(memory.for.some(({ value }) => value === 15 * MIB));
    assert.equal(suspect(blockedWith({ usedBytes: 30 * MIB, grewBytes: -MIB, collectingShare: 0.8 }), "memory-exhaustion").confidence, "unsupported");
  });

  it("is blocked when the limit of the heap is not known", () => {
    const evidence = blockedWith({ usedBytes: 900 * MIB, limitBytes: null });
    assert.equal(decideVerdict(evidence).cause, "blocked");
    assert.equal(suspect(evidence, "memory-exhaustion").confidence, "unsupported");
  });

  it("never takes a time limit's place: memory is the likely suspect then, and an endless loop only a possible one", () => {
    const time: Intent = { kind: "time", limit: 60_000, observed: 60_001, atMs: 5 };
    const evidence = blockedWith({ usedBytes: 70 * MIB, collectingShare: 0.9 }, { intent: time });
    assert.equal(decideVerdict(evidence).cause, "over-time");
    assert.equal(suspect(evidence, "memory-exhaustion").confidence, "likely");
    assert.equal(suspect(evidence, "endless-loop").confidence, "possible");
    assert.equal(suspect(blockedWith(null, { intent: time, fatalReport: FATAL }), "memory-exhaustion").confidence, "likely");
  });
});
