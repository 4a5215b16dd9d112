import { formatDuration, type AttemptEvidence, type Confidence, type Fact, type Intent, type Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { fact, progressFacts } from "./facts.ts";
import { heldHeapFacts } from "./held-heap.ts";

type BudgetIntent = Extract<Intent, { limit: number }>;

/** The event loop did not turn: says where, with the JS frames that the inspector could get. */
export function blockedVerdict(evidence: AttemptEvidence, intent: BudgetIntent, confidence: Confidence, facts: readonly Fact[]): Verdict {
  const { loop, monitor } = evidence;
  const lagged = monitor.lagMsMax > intent.limit / 2;
  const stopped = loop.state === "T";
  return conclude({
    cause: "blocked",
    summary: `The event loop was blocked for ${formatDuration(intent.kind === "block" ? intent.observed : loop.silentMs)} (limit ${formatDuration(intent.limit)}) ${where(evidence)}.`,
    confidence: stopped ? "possible" : confidence,
    evidence: [
      ...facts,
      ...loopFacts(evidence),
      ...heldHeapFacts(evidence.loop.heap),
      ...progressFacts(evidence),
      ...(lagged ? [fact("the supervisor itself was late by up to, ms (more than half of the limit)", monitor.lagMsMax, "monitor")] : []),
    ],
    hypotheses: stopped
      ? [{ cause: "operator", text: "Something outside stopped the process (SIGSTOP); the job may be healthy.", confidence: "likely", for: loopFacts(evidence), against: [] }]
      : [],
    stack: loop.stack,
  });
}

function where(evidence: AttemptEvidence): string {
  const { loop } = evidence;
  const frame = loop.stack[0];
  if (frame !== undefined) return `at ${frame}`;
  if (loop.state === "T") return "while the process was stopped by a signal";
  if (loop.state === "D") return "inside the kernel (uninterruptible)";
  if (loop.state === "S") return "inside a native call that waits (no JavaScript frame could be had)";
  if (loop.nativeCall) return "inside a native call (no JavaScript frame could be had)";
  return "at a place that could not be read";
}

const STATES: Readonly<Record<string, string>> = { R: "running", S: "sleeping", D: "uninterruptible", T: "stopped" };

export function loopFacts(evidence: AttemptEvidence): readonly Fact[] {
  if (evidence.kind !== "module") return [];
  const { loop } = evidence;
  const facts = [fact("event loop silent, ms", loop.silentMs, "heartbeat")];
  if (loop.state !== null) facts.push(fact("state of the main thread", STATES[loop.state] ?? loop.state, "/proc stat"));
  if (loop.stack[0] !== undefined) facts.push(fact("innermost frame", loop.stack[0], "inspector"));
  if (loop.nativeCall) facts.push(fact("no frame came: inside a native call", true, "inspector"));
  return facts;
}
