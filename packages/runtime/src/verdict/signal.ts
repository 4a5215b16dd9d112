import { formatBytes, type AttemptEvidence, type Fact, type Hypothesis, type Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { exitFacts, fact, kernelFacts, kernelLogFacts, lastLogFact, memoryFact, monitorFacts } from "./facts.ts";
import { heapLineFacts } from "./held-heap.ts";
import { threadLineFacts } from "./scarcity.ts";

const CRASHES: Readonly<Record<string, string>> = {
  SIGSEGV: "it touched memory that is not its own",
  SIGBUS: "it touched memory that is not there",
  SIGILL: "it ran an illegal instruction",
  SIGFPE: "an arithmetic error",
  SIGABRT: "it aborted itself",
  SIGTRAP: "a native check failed",
  SIGSYS: "it made a forbidden system call",
};

/** The processor or the program's own native code gave up. Why, only a core dump could tell. */
export function crashedBySignal(evidence: AttemptEvidence): Verdict | null {
  const signal = evidence.exit?.signal ?? null;
  const what = signal === null ? undefined : CRASHES[signal];
  if (signal === null || what === undefined) return null;
  return conclude({
    cause: "crashed",
    summary: `The process crashed with ${signal}: ${what}.`,
    confidence: "certain",
    evidence: [...exitFacts(evidence.exit), noIntent(), ...fatalFacts(evidence), ...lastLogFact(evidence)],
    hypotheses: spokenOf(evidence),
  });
}

/** What the log speaks of: a child whose output goes there says the same when it is its own trouble. */
function spokenOf(evidence: AttemptEvidence): readonly Hypothesis[] {
  const heap = heapLineFacts(evidence);
  const threads = threadLineFacts(evidence);
  const spoken = { confidence: "possible", against: [] } as const;
  return [
    ...(heap.length > 0 ? [{ cause: "out-of-heap" as const, text: "A JavaScript heap was full: the log speaks of one; whose it was is not known.", ...spoken, for: heap }] : []),
    ...(threads.length > 0
      ? [{ cause: "resource-exhausted" as const, text: "No new thread could be made: the log speaks of it; whose it was is not known.", ...spoken, for: threads }]
      : []),
  ];
}

const SELF_EXPLAINED: Readonly<Record<string, string>> = {
  SIGXCPU: "its CPU time limit (RLIMIT_CPU) was reached",
  SIGXFSZ: "its file size limit (RLIMIT_FSIZE) was reached",
  SIGPIPE: "it wrote to a pipe that nobody reads",
  SIGALRM: "a timer that it never handled went off",
};

/** A signal that we did not send. Who did cannot be known: what the counters leave possible stands in the hypotheses, never in the cause. */
export function killedBySignal(evidence: AttemptEvidence): Verdict | null {
  const signal = evidence.exit?.signal ?? null;
  if (signal === null) return null;
  const known = SELF_EXPLAINED[signal];
  return conclude({
    cause: "killed",
    summary: known === undefined ? `Killed by ${signal}, which Cofferdam did not send; the sender is not known.` : `Killed by ${signal}: ${known}.`,
    confidence: "certain",
    evidence: [
      ...exitFacts(evidence.exit),
      noIntent(),
      ...kernelFacts(evidence.kernel),
      memoryFact(evidence.usage),
      ...monitorFacts(evidence),
      ...kernelLogFacts(evidence),
      ...lastLogFact(evidence),
    ],
    hypotheses: known === undefined ? [memoryElsewhere(evidence, signal), operator(), ...ruledOut(evidence)] : ruledOut(evidence),
  });
}

/**
 * The machine's counter names no victim: a rise makes the out-of-memory killer likely, it proves nothing. The own cgroup's counter counts every victim
 * in it, whoever's limit was hit: where it exists and did not rise, the victim was somebody else.
 */
function memoryElsewhere(evidence: AttemptEvidence, signal: string): Hypothesis {
  const against = againstMemory(evidence, signal);
  const struck = evidence.kernel.machineOomKill ?? 0;
  const nearBudget = evidence.budget.memoryBytes !== null && evidence.usage.memoryPeakBytes > evidence.budget.memoryBytes * 0.8;
  return {
    cause: "out-of-memory-elsewhere",
    text: wordMemory(evidence, against.length > 0, struck),
    confidence: against.length > 0 ? "ruled-out" : struck > 0 ? "likely" : "possible",
    for: [
      ...(struck > 0 ? [fact("out-of-memory kills on the machine meanwhile, of a victim that is not named", struck, "/proc/vmstat oom_kill rise")] : []),
      ...(nearBudget || against.length === 0 ? [memoryFact(evidence.usage)] : []),
    ],
    against,
  };
}

function wordMemory(evidence: AttemptEvidence, isRuledOut: boolean, struck: number): string {
  if (isRuledOut) return "The kernel's out-of-memory killer.";
  const peak = `Peak memory was ${formatBytes(evidence.usage.memoryPeakBytes)}.`;
  if (struck > 0) return `The kernel's out-of-memory killer: it struck on this machine meanwhile, but nothing says that this was its victim. ${peak}`;
  return `The kernel's out-of-memory killer: this machine has no counter that could tell. ${peak}`;
}

function againstMemory({ kernel }: AttemptEvidence, signal: string): readonly Fact[] {
  const facts: Fact[] = [];
  if (signal !== "SIGKILL") facts.push(fact("the out-of-memory killer sends only SIGKILL; this was", signal, "exit status"));
  if (kernel.oomKill === 0) facts.push(fact("out-of-memory kills in the attempt's own cgroup", 0, "cgroup oom_kill rise"));
  if (kernel.machineOomKill === 0) facts.push(fact("out-of-memory kills on the machine", 0, "/proc/vmstat oom_kill rise"));
  return facts;
}

function operator(): Hypothesis {
  return {
    cause: "operator",
    text: "A person or another program sent it: kill, a container being stopped, systemd-oomd or earlyoom, a parent's time limit.",
    confidence: "possible",
    for: [noIntent()],
    against: [],
  };
}

function ruledOut(evidence: AttemptEvidence): readonly Hypothesis[] {
  const silent = noIntent();
  const own: Hypothesis[] = [
    { cause: "cancelled", text: "Cofferdam ended it on request.", confidence: "ruled-out", for: [], against: [silent] },
    { cause: "over-time", text: "Cofferdam ended it for a budget.", confidence: "ruled-out", for: [], against: [silent] },
  ];
  if (evidence.kernel.oomKill === 0)
    own.push({ cause: "over-memory", text: "The kernel enforced its memory budget.", confidence: "ruled-out", for: [], against: kernelFacts(evidence.kernel) });
  return own;
}

function noIntent(): Fact {
  return fact("Cofferdam recorded no intent to end it", true, "journal: intent");
}

function fatalFacts(evidence: AttemptEvidence): readonly Fact[] {
  return evidence.fatalReport === null ? [] : [fact("V8 fatal report", evidence.fatalReport.event, evidence.fatalReport.source)];
}
