import type { AttemptEvidence, Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { exitFacts, fact, kernelFacts, lastLogFact, memoryFact, pidsFact, wordBytes } from "./facts.ts";
import { programError } from "./program-error.ts";
import { isScarcity } from "./scarcity.ts";

/** A counter of the attempt's own cgroup rose: the kernel enforced a limit on a process of this attempt, on a child just as on the program itself. */
export function hitKernelLimit(evidence: AttemptEvidence): Verdict | null {
  const { kernel } = evidence;
  if (kernel.oomKill !== null && kernel.oomKill > 0) return kernel.ownLimitHit === true ? ownMemory(evidence) : memoryAbove(evidence);
  if (kernel.pidsRefused !== null && kernel.pidsRefused > 0) return ownPids(evidence);
  return null;
}

function ownMemory(evidence: AttemptEvidence): Verdict {
  const whole = evidence.exit?.signal === "SIGKILL";
  return conclude({
    cause: "over-memory",
    summary: `The kernel killed ${whole ? "it" : "a process of its tree"} at its memory budget of ${wordBytes(evidence.budget.memoryBytes)}${whole ? "" : `; the program then ended ${wordEnd(evidence)}`}.`,
    confidence: "certain",
    evidence: memoryEvidence(evidence),
    error: programError(evidence),
  });
}

/** A process of this attempt was chosen, but not because of our limit: the container's or the machine's memory ran out. */
function memoryAbove(evidence: AttemptEvidence): Verdict {
  const whole = evidence.exit?.signal === "SIGKILL";
  return conclude({
    cause: "oom-killed",
    summary: `The kernel killed ${whole ? "it" : "a process of its tree"} because memory ran out ${evidence.kernel.ownLimitHit === false ? "above its own budget, in the container or the machine" : "(whether at its own limit is not known)"}.`,
    confidence: whole && evidence.kernel.ownLimitHit === false ? "certain" : "likely",
    evidence: memoryEvidence(evidence),
    error: programError(evidence),
  });
}

function ownPids(evidence: AttemptEvidence): Verdict {
  const error = programError(evidence);
  const aborted = evidence.exit?.signal === "SIGABRT";
  return conclude({
    cause: "over-pids",
    summary: `The kernel refused ${evidence.kernel.pidsRefused} new threads or processes at its budget of ${evidence.budget.pids ?? "unlimited"}; the program then ended ${wordEnd(evidence)}.`,
    confidence: aborted || (error !== null && isScarcity(error)) ? "certain" : "likely",
    evidence: [...kernelFacts(evidence.kernel), pidsFact(evidence.usage), ...exitFacts(evidence.exit), ...lastLogFact(evidence)],
    error,
  });
}

function memoryEvidence(evidence: AttemptEvidence) {
  return [
    ...kernelFacts(evidence.kernel),
    memoryFact(evidence.usage),
    fact("memory budget, bytes", evidence.budget.memoryBytes, "budget"),
    ...exitFacts(evidence.exit),
    ...lastLogFact(evidence),
  ];
}

function wordEnd(evidence: AttemptEvidence): string {
  const { exit, report } = evidence;
  if (report?.kind === "threw" || report?.kind === "uncaught") return `with ${report.error.name}: ${report.error.message}`;
  if (exit?.signal != null) return `by ${exit.signal}`;
  if (exit?.code != null) return `with code ${exit.code}`;
  return "without a word";
}
