import { formatDuration, type AttemptEvidence, type Fact, type Leak, type Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { exitFacts, fact, kernelFacts, leakFacts } from "./facts.ts";

/**
 * A module that returned, or a command that exited with 0. The program's own word is final: what happened to a child of it, or to the process
 * after it returned, is stated but does not turn a success into a death.
 */
export function succeeded(evidence: AttemptEvidence): Verdict | null {
  const proof = proofOf(evidence);
  if (proof === null) return null;
  const asides = [leakAside(evidence.leaks), childAside(evidence)].filter((aside) => aside !== "");
  return conclude({
    cause: "succeeded",
    summary: `Succeeded in ${formatDuration(evidence.usage.wallSeconds * 1000)}${asides.map((aside) => `; ${aside}`).join("")}.`,
    confidence: "certain",
    evidence: asides.length === 0 ? [proof] : [proof, ...leakFacts(evidence.leaks), ...kernelFacts(evidence.kernel)],
  });
}

function proofOf(evidence: AttemptEvidence): Fact | null {
  if (evidence.kind === "module") return evidence.report?.kind === "returned" ? fact("the job returned, result bytes", evidence.report.resultBytes, "worker report") : null;
  const code = evidence.exit !== null && evidence.exit.signal === null ? evidence.exit.code : null;
  return code === 0 ? (exitFacts(evidence.exit)[0] ?? null) : null;
}

function leakAside(leaks: readonly Leak[]): string {
  if (leaks.length === 0) return "";
  const processes = leaks.filter((leak) => leak.kind === "process");
  const directories = leaks.length - processes.length;
  const pending = leaks.filter((leak) => leak.state === "kill-pending").length;
  const parts: string[] = [];
  if (processes.length > 0) parts.push(`${processes.length} ${processes.length === 1 ? "process" : "processes"} (${names(processes)})`);
  if (directories > 0) parts.push(`${directories} ${directories === 1 ? "directory" : "directories"}`);
  return `left behind ${parts.join(" and ")}, ${pending === 0 ? "which Cofferdam cleaned up" : `${pending} of which the kernel has not ended yet`}`;
}

function names(leaks: readonly Leak[]): string {
  const shown = leaks.slice(0, 3).map((leak) => leak.command.slice(0, 60));
  return leaks.length > shown.length ? `${shown.join(", ")}, …` : shown.join(", ");
}

function childAside(evidence: AttemptEvidence): string {
  if ((evidence.kernel.oomKill ?? 0) > 0) return "the kernel killed a child of it for memory on the way";
  if ((evidence.kernel.pidsRefused ?? 0) > 0) return "some of its forks were refused by its pids limit on the way";
  return "";
}
