import { formatBytes, formatDuration, type AttemptEvidence, type Confidence, type Fact, type Intent, type Verdict } from "../model/index.ts";
import { blockedVerdict, loopFacts } from "./blocked.ts";
import { conclude } from "./conclude.ts";
import { exitFacts, fact, kernelFacts, lastLogFact, memoryFact, monitorFacts, pidsFact, progressFacts } from "./facts.ts";
import { blockedByFullHeap } from "./held-heap.ts";
import { ownerFacts } from "./lost.ts";

type BudgetIntent = Extract<Intent, { limit: number }>;

/** We ended it, and wrote down why before the first signal: nothing later can be the cause. */
export function endedByIntent(evidence: AttemptEvidence): Verdict | null {
  const { intent } = evidence;
  if (intent === null || finishedFirst(evidence, intent)) return null;
  switch (intent.kind) {
    case "cancel":
      return cancelled(evidence, `Cancelled by ${intent.by}${intent.reason === "" ? "" : `: ${intent.reason}`}.`, [
        fact("cancel requested by", intent.by, "journal: intent"),
        fact("mode", intent.mode, "journal: intent"),
      ]);
    case "drain":
      return cancelled(evidence, `Interrupted because the runtime shut down (drain): ${intent.reason}.`, [fact("drain", intent.reason, "journal: intent")]);
    case "preempt":
      return cancelled(evidence, `Interrupted through no fault of its own: its worker was being ended when it began (${intent.reason}).`, [
        fact("preempt", intent.reason, "journal: intent"),
      ]);
    case "memory":
      return overMemory(evidence, intent);
    case "pids":
      return overPids(evidence, intent);
    case "output":
      return overOutput(evidence, intent);
    case "time":
      return overTime(evidence, intent);
    case "stall":
      return loopSilentAllTheWhile(evidence, intent) ? silent(evidence, intent) : stalled(evidence, intent);
    case "block":
      return silent(evidence, intent);
  }
}

function silent(evidence: AttemptEvidence, intent: BudgetIntent): Verdict {
  const facts = intentFacts(evidence, intent);
  return blockedByFullHeap(evidence, { intent, facts: [...facts, ...loopFacts(evidence)] }) ?? blockedVerdict(evidence, intent, timeConfidence(evidence, intent), facts);
}

/**
 * The program's end and our decision can fall in the same instant: an attempt that had reported gets no intent any more, but its report may be on the way.
 * Memory, pids, block and output are enforced without asking, so a job that still returned had already finished;
 * a job that was asked to end (time, stall, cancel) may have returned because it was asked. A drained job that returned has done its work.
 * A preempted job was asked nothing: what it said is its own, unless it was still ending itself when our signal came.
 */
function finishedFirst(evidence: AttemptEvidence, intent: Intent): boolean {
  const { report, exit } = evidence;
  if (report === null || evidence.lostOwner !== null) return false;
  if (intent.kind === "preempt") return exit?.signal == null || (report.kind !== "exiting" && report.kind !== "drained");
  if (report.kind === "returned" && intent.kind === "drain") return true;
  return report.kind === "returned" && (intent.kind === "memory" || intent.kind === "pids" || intent.kind === "block" || intent.kind === "output");
}

function cancelled(evidence: AttemptEvidence, summary: string, facts: readonly Fact[]): Verdict {
  return conclude({ cause: "cancelled", summary, confidence: "certain", evidence: [...facts, ...ownerFacts(evidence), ...exitFacts(evidence.exit)] });
}

function overMemory(evidence: AttemptEvidence, intent: BudgetIntent): Verdict {
  return conclude({
    cause: "over-memory",
    summary: `The process tree used ${formatBytes(intent.observed)} of memory; its budget is ${formatBytes(intent.limit)}.`,
    confidence: ownConfidence(evidence),
    evidence: [...intentFacts(evidence, intent), memoryFact(evidence.usage), ...kernelFacts(evidence.kernel), ...lastLogFact(evidence)],
  });
}

function overPids(evidence: AttemptEvidence, intent: BudgetIntent): Verdict {
  return conclude({
    cause: "over-pids",
    summary: `The process tree had ${intent.observed} threads and processes; its budget is ${intent.limit}.`,
    confidence: ownConfidence(evidence),
    evidence: [...intentFacts(evidence, intent), pidsFact(evidence.usage), ...kernelFacts(evidence.kernel)],
  });
}

function overOutput(evidence: AttemptEvidence, intent: BudgetIntent): Verdict {
  return conclude({
    cause: "over-output",
    summary: `It wrote ${formatBytes(intent.observed)} to its log; its budget is ${formatBytes(intent.limit)}.`,
    confidence: ownConfidence(evidence),
    evidence: [...intentFacts(evidence, intent), fact("log bytes", evidence.usage.outputBytes, "log size"), ...lastLogFact(evidence)],
  });
}

function overTime(evidence: AttemptEvidence, intent: BudgetIntent): Verdict {
  return conclude({
    cause: "over-time",
    summary:
      intent.stage === undefined
        ? `It ran for ${formatDuration(intent.observed)}; its budget is ${formatDuration(intent.limit)}.`
        : `Stage ${intent.stage} ran for ${formatDuration(intent.observed)} and did not return when told to; its budget is ${formatDuration(intent.limit)}.`,
    confidence: timeConfidence(evidence, intent),
    evidence: [...intentFacts(evidence, intent), ...lagFacts(evidence, intent), ...progressFacts(evidence), ...loopFacts(evidence), ...lastLogFact(evidence)],
    stack: evidence.loop.stack,
  });
}

function stalled(evidence: AttemptEvidence, intent: BudgetIntent): Verdict {
  const stopped = evidence.loop.state === "T";
  const where = evidence.progress === null ? "since it started" : `since ${wordProgress(evidence)}`;
  return conclude({
    cause: "stalled",
    summary: `No progress for ${formatDuration(intent.observed)} ${where}; its stall budget is ${formatDuration(intent.limit)}${stopped ? ". It was stopped by a signal (state T)" : ""}.`,
    confidence: timeConfidence(evidence, intent),
    evidence: [...intentFacts(evidence, intent), ...lagFacts(evidence, intent), ...progressFacts(evidence), ...loopFacts(evidence), ...lastLogFact(evidence)],
    hypotheses: stopped
      ? [{ cause: "operator", text: "Something outside stopped the process (SIGSTOP); the job may be healthy.", confidence: "likely", for: loopFacts(evidence), against: [] }]
      : [],
  });
}

function wordProgress(evidence: AttemptEvidence): string {
  const done = evidence.progress?.done;
  return done === null || done === undefined ? "its last report" : `it reported ${done}${evidence.progress?.total == null ? "" : ` of ${evidence.progress.total}`}`;
}

/** A loop that has missed three beats was blocked; less may be a busy machine. */
const SILENT_MS_MIN = 800;

/** Beats come at intervals, so a silence of nine tenths of the window is as much of the whole as can be seen. A stopped process does not block: it is held. */
function loopSilentAllTheWhile(evidence: AttemptEvidence, intent: BudgetIntent): boolean {
  return evidence.kind === "module" && evidence.loop.state !== "T" && evidence.loop.silentMs >= Math.max(SILENT_MS_MIN, intent.limit * 0.9);
}

function intentFacts(evidence: AttemptEvidence, intent: BudgetIntent): readonly Fact[] {
  return [
    ...(intent.stage === undefined ? [] : [fact("stage", intent.stage, "journal: intent")]),
    fact(`${intent.kind} limit`, intent.limit, "journal: intent"),
    fact(`${intent.kind} observed`, intent.observed, "journal: intent"),
    ...ownerFacts(evidence),
    ...exitFacts(evidence.exit),
    ...fatalFacts(evidence),
    ...monitorFacts(evidence),
  ];
}

function fatalFacts(evidence: AttemptEvidence): readonly Fact[] {
  return evidence.fatalReport === null ? [] : [fact("V8 wrote a fatal report as well", evidence.fatalReport.event, evidence.fatalReport.source)];
}

/** With the owner gone, the signal that followed the intent was not seen to land. */
function ownConfidence(evidence: AttemptEvidence): Confidence {
  return evidence.lostOwner === null ? "certain" : "likely";
}

/** While our own timers were late we cannot say how long the job took. */
function timeConfidence(evidence: AttemptEvidence, intent: BudgetIntent): Confidence {
  return monitorLagged(evidence, intent) ? "possible" : ownConfidence(evidence);
}

function lagFacts(evidence: AttemptEvidence, intent: BudgetIntent): readonly Fact[] {
  return monitorLagged(evidence, intent) ? [fact("the supervisor itself was late by up to, ms (more than half of the limit)", evidence.monitor.lagMsMax, "monitor")] : [];
}

function monitorLagged(evidence: AttemptEvidence, intent: BudgetIntent): boolean {
  return evidence.monitor.lagMsMax > intent.limit / 2;
}
