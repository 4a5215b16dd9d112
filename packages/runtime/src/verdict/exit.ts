import type { AttemptEvidence, Hypothesis, Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { exitFacts, fact, lastLogFact, monitorFacts } from "./facts.ts";
import { programError, tracebackFacts } from "./program-error.ts";

/** The program ended itself: with a code, or because its event loop had nothing left to wait for. */
export function exitedByItself(evidence: AttemptEvidence): Verdict | null {
  const { report } = evidence;
  if (report?.kind === "drained") return drained(evidence);
  const code = evidence.exit?.code ?? (report?.kind === "exiting" ? report.code : null);
  if (code === null) return null;
  return evidence.kind === "command" ? commandExited(evidence, code) : moduleExited(evidence, code);
}

function drained(evidence: AttemptEvidence): Verdict {
  return conclude({
    cause: "exited",
    summary: "The event loop became empty although the job's promise had not settled: it waits for something that can never happen.",
    confidence: "certain",
    evidence: [fact("the event loop drained before the job settled", true, "worker report"), ...exitFacts(evidence.exit), ...lastLogFact(evidence)],
  });
}

/** Codes with which Node ends by itself. */
const NODE_CODES: Readonly<Record<number, string>> = {
  1: "as after an uncaught error",
  5: "V8 met a fatal error",
  7: "the handler of uncaught errors threw itself",
  9: "Node was given an invalid option",
  12: "Node was given an invalid debugging option",
  13: "a top-level await never settled",
};

function moduleExited(evidence: AttemptEvidence, code: number): Verdict {
  const { report } = evidence;
  const called = report?.kind === "exiting";
  const meaning = NODE_CODES[code];
  const frames = called && report.stack !== null ? framesOf(report.stack) : [];
  const where = frames[0] === undefined ? "" : ` at ${frames[0]}`;
  return conclude({
    cause: "exited",
    summary: `The process ended itself with code ${code}${where} before the job returned${meaning === undefined || frames.length > 0 ? "" : ` (${meaning})`}.`,
    confidence: called || evidence.exit !== null ? "certain" : "likely",
    evidence: [fact("exit code", code, called ? "worker report" : "exit status"), fact("the job reported a result", false, "worker report"), ...lastLogFact(evidence)],
    stack: frames,
  });
}

function commandExited(evidence: AttemptEvidence, code: number): Verdict {
  const error = programError(evidence);
  const said = error === null ? "" : `: ${`${error.name}: ${error.message}`.slice(0, 300)}`;
  return conclude({
    cause: "exited",
    summary: `The program ended with code ${code}${said}${said === "" ? wordShellCode(code) : ""}.`,
    confidence: "certain",
    evidence: [
      ...(evidence.exit === null ? [fact("exit code", code, "report")] : exitFacts(evidence.exit)),
      ...(error === null ? tracebackFacts(evidence) : []),
      ...lastLogFact(evidence),
    ],
    hypotheses: shellSignal(evidence, code),
    error,
  });
}

function wordShellCode(code: number): string {
  if (code === 126) return " (a shell says so when a program cannot be run)";
  if (code === 127) return " (a shell says so when a program is not found)";
  return "";
}

const SIGNALS: Readonly<Record<number, string>> = { 2: "SIGINT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM" };

/** A shell answers 128 + n when its child ended by signal n; a program may choose the same number. So it is a hypothesis, not a signal. */
function shellSignal(evidence: AttemptEvidence, code: number): readonly Hypothesis[] {
  const signal = SIGNALS[code - 128];
  if (signal === undefined) return [];
  return [
    {
      cause: signal === "SIGKILL" || signal === "SIGTERM" || signal === "SIGINT" || signal === "SIGPIPE" ? "killed" : "crashed",
      text: `The program was a shell whose child ended by ${signal} (128 + ${code - 128}).`,
      confidence: "possible",
      for: [fact("exit code", code, "exit status")],
      against: evidence.exit === null ? [] : [fact("the program itself ended by a signal", false, "exit status")],
    },
  ];
}

/** "    at run (file.ts:3:5)" per line becomes "run (file.ts:3:5)". */
function framesOf(stack: string): readonly string[] {
  return stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at "))
    .map((line) => line.slice(3));
}

/** No exit status, no report, no intent, and the owner lives: all that can be said is that nobody saw the end. */
export function unobservedEnd(evidence: AttemptEvidence): Verdict {
  return conclude({
    cause: "lost",
    summary: "The attempt is over, but nothing was recorded about how it ended.",
    confidence: "possible",
    evidence: [fact("exit status known", evidence.exit !== null, "supervisor"), fact("report received", evidence.report !== null, "worker report"), ...monitorFacts(evidence)],
  });
}
