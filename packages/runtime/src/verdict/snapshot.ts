import { formatBytes, type Artifact, type AttemptEvidence, type Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { exitFacts, fact, kernelFacts, memoryFact, wordBytes } from "./facts.ts";

/** The heap snapshot that V8 began near the heap's limit: it begins none before. */
export function snapshotOf({ autopsy }: Pick<AttemptEvidence, "autopsy">): Artifact | null {
  return autopsy?.artifacts?.find(({ kind }) => kind === "heap-snapshot") ?? null;
}

/** The snapshot itself needs memory: when that broke the budget, the heap was full before. */
export function ranOutDuringSnapshot(evidence: AttemptEvidence): Verdict | null {
  const { intent, kernel, budget } = evidence;
  if (snapshotOf(evidence)?.state !== "not-finished") return null;
  const brokeBudget = intent === null ? (kernel.oomKill ?? 0) > 0 && kernel.ownLimitHit === true : intent.kind === "memory";
  if (!brokeBudget) return null;
  return conclude({
    cause: "out-of-heap",
    summary: `The JavaScript heap was at its limit; the heap snapshot that V8 then began needed more than the memory budget of ${wordBytes(budget.memoryBytes)}.`,
    confidence: "likely",
    evidence: [...exitFacts(evidence.exit), memoryFact(evidence.usage), fact("memory budget, bytes", budget.memoryBytes, "budget"), ...kernelFacts(kernel)],
  });
}

/** Names the snapshot wherever the verdict is read. */
export function withSnapshot(verdict: Verdict, evidence: AttemptEvidence): Verdict {
  const snapshot = snapshotOf(evidence);
  if (snapshot === null) return verdict;
  const { state, file, bytes } = snapshot;
  const source = "V8: --heapsnapshot-near-heap-limit";
  if (state === "not-finished")
    return {
      ...verdict,
      summary: `${verdict.summary} Its heap snapshot was not finished.`,
      evidence: [...verdict.evidence, fact("heap snapshot near the limit", "not finished: it was ended meanwhile", source)],
    };
  return {
    ...verdict,
    summary: `${verdict.summary} A heap snapshot was kept: ${file} (${formatBytes(bytes)}).`,
    evidence: [...verdict.evidence, fact("heap snapshot near the limit", file, source), fact("size of the heap snapshot, bytes", bytes, source)],
  };
}
