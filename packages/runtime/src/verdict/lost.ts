import type { AttemptEvidence, Fact, Hypothesis, Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { lastSeenFacts } from "./flight.ts";
import { fact, kernelFacts, kernelLogFacts, lastLogFact, memoryFact, progressFacts } from "./facts.ts";

/** The owner is gone and left no intent: all that is proven is that nobody saw the end. */
export function lostWithOwner(evidence: AttemptEvidence): Verdict | null {
  const owner = evidence.lostOwner;
  if (owner === null) return null;
  const what = owner.reason === "machine-rebooted" ? "the machine was restarted" : "its supervisor died";
  return conclude({
    cause: "lost",
    summary: `The attempt was lost: ${what} while it ran (${owner.detail}).`,
    confidence: "certain",
    evidence: [
      ...ownerFacts(evidence),
      ...lastSeenFacts(evidence),
      ...kernelFacts(evidence.kernel),
      ...kernelLogFacts(evidence),
      ...progressFacts(evidence),
      ...lastLogFact(evidence),
    ],
    hypotheses: owner.reason === "supervisor-died" ? [containerMemory(evidence)] : [],
  });
}

export function ownerFacts(evidence: AttemptEvidence): readonly Fact[] {
  const owner = evidence.lostOwner;
  return owner === null ? [] : [fact("the owner of the attempt is gone", owner.reason, "journal"), fact("detail", owner.detail, "journal")];
}

/** A container that runs out of memory dies as a whole, its counters with it. */
function containerMemory(evidence: AttemptEvidence): Hypothesis {
  const rises = kernelFacts(evidence.kernel);
  const seen = (evidence.kernel.oomKill ?? 0) > 0 || (evidence.kernel.machineOomKill ?? 0) > 0;
  return {
    cause: "out-of-memory-elsewhere",
    text: "The container or machine ran out of memory and took the supervisor with it.",
    confidence: seen ? "likely" : evidence.kernel.machineOomKill === 0 ? "ruled-out" : "possible",
    for: seen ? [...rises, memoryFact(evidence.usage)] : [memoryFact(evidence.usage)],
    against: evidence.kernel.machineOomKill === 0 ? rises : [],
  };
}
