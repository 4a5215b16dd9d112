import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Artifact, AttemptEvidence, Intent } from "../../src/model/index.ts";
import { decideVerdict } from "../../src/verdict/index.ts";
import { autopsyWith, evidenceOf, NO_RISES, signalled } from "./evidence-of.ts";

const FILE = "/data/artifacts/a_1/heap.heapsnapshot";
const FINISHED: Artifact = { kind: "heap-snapshot", state: "finished", file: FILE, bytes: 3 * 1024 ** 2 };
const CUT: Artifact = { kind: "heap-snapshot", state: "not-finished", file: null, bytes: null };
const MEMORY: Intent = { kind: "memory", limit: 512 * 1024 ** 2, observed: 520 * 1024 ** 2, atMs: 5 };

function withArtifact(artifact: Artifact | null, difference: Partial<AttemptEvidence>): AttemptEvidence {
  const autopsy = autopsyWith({ curveSource: "memory", ...(artifact === null ? {} : { artifacts: [artifact] }) });
  return evidenceOf({ autopsy, ...difference });
}

describe("a heap snapshot near the limit", () => {
  it("is named in summary and evidence, whatever the cause", () => {
    const verdict = decideVerdict(withArtifact(FINISHED, signalled("SIGSEGV")));
    assert.equal(verdict.cause, "crashed");
    assert.ok(verdict.summary.endsWith(`A heap snapshot was kept: ${FILE} (3 MiB).`), verdict.summary);
    assert.ok(verdict.evidence.some(({ value, source }) => value === FILE && source.includes("heapsnapshot")));
    assert.ok(decideVerdict(withArtifact(CUT, signalled("SIGSEGV"))).summary.endsWith("Its heap snapshot was not finished."));
    assert.doesNotMatch(decideVerdict(withArtifact(null, signalled("SIGSEGV"))).summary, /snapshot/);
  });

  it("that broke the memory budget while it was written tells that the heap was full before", () => {
    const kernel = { ...NO_RISES, oomKill: 1, ownLimitHit: true };
    for (const difference of [{ intent: MEMORY }, { kernel, ...signalled("SIGKILL") }]) {
      const verdict = decideVerdict(withArtifact(CUT, difference));
      assert.deepEqual([verdict.cause, verdict.confidence], ["out-of-heap", "likely"]);
      assert.match(verdict.summary, /needed more than the memory budget of 512 MiB\. Its heap snapshot was not finished\.$/);
      assert.equal(decideVerdict(withArtifact(FINISHED, difference)).cause, "over-memory", "what came after a whole snapshot is something else");
      assert.equal(decideVerdict(withArtifact(null, difference)).cause, "over-memory");
    }
    const elsewhere = { kernel: { ...kernel, ownLimitHit: false }, ...signalled("SIGKILL") };
    assert.equal(decideVerdict(withArtifact(CUT, elsewhere)).cause, "oom-killed");
  });

  it("that was being written while the loop did not turn is why it did not", () => {
    const loop = { silentMs: 30_004, stack: [], state: "R", nativeCall: true };
    const verdict = decideVerdict(withArtifact(CUT, { intent: { kind: "block", limit: 30_000, observed: 30_004, atMs: 5 }, loop }));
    assert.deepEqual([verdict.cause, verdict.confidence], ["out-of-heap", "likely"]);
  });
});
