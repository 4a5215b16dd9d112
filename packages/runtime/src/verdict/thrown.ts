import type { AttemptEvidence, ErrorInfo, Fact, Hypothesis, Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { isContention, LOCK_WORDS } from "./contention.ts";
import { exitFacts, fact } from "./facts.ts";
import { programError } from "./program-error.ts";
import { isScarcity, SCARCE_WORDS, scarceThing } from "./scarcity.ts";

/** The program said what went wrong. For a command whose words name no such cause the exit code decides, further down. */
export function saidAnError(evidence: AttemptEvidence): Verdict | null {
  const error = programError(evidence);
  if (error === null) return null;
  const facts = errorFacts(evidence, error);
  // A report is the error itself; the last line of a log is what a program printed before it failed.
  const confidence = evidence.kind === "module" ? "certain" : "likely";
  if (isContention(error)) return conclude({ cause: "lock-contention", summary: `Somebody else held the lock: ${word(error)}.`, confidence, evidence: facts, error });
  if (isScarcity(error))
    return conclude({ cause: "resource-exhausted", summary: `The machine or a limit had no ${scarceThing(error)} left: ${word(error)}.`, confidence, evidence: facts, error });
  if (error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return conclude({ cause: "out-of-heap", summary: `The heap of a worker thread was full: ${word(error)}.`, confidence, evidence: facts, error });
  }
  if (evidence.kind === "command") return null;
  const how = evidence.report?.kind === "uncaught" ? "An error was thrown that nothing caught" : "It threw";
  return conclude({ cause: "failed", summary: `${how}: ${word(error)}.`, confidence: "certain", evidence: facts, hypotheses: spokenOf(error, facts), error });
}

/** What a message speaks of without a code that proves it: it may be about another machine, or about something else of the same name. */
function spokenOf({ message }: ErrorInfo, facts: readonly Fact[]): readonly Hypothesis[] {
  const spoken = { confidence: "possible", for: facts, against: [] } as const;
  return [
    ...(LOCK_WORDS.test(message) ? [{ cause: "lock-contention" as const, text: "Somebody else held a lock: the message speaks of one, no error code does.", ...spoken }] : []),
    ...(SCARCE_WORDS.test(message)
      ? [{ cause: "resource-exhausted" as const, text: "The machine or a limit had something no more: the message speaks of it, no error code does.", ...spoken }]
      : []),
  ];
}

function errorFacts(evidence: AttemptEvidence, error: ErrorInfo): readonly Fact[] {
  const source = evidence.kind === "module" ? "worker report" : "last words in the log";
  const facts = [fact(evidence.report?.kind === "uncaught" ? "uncaught error" : "error", `${error.name}: ${error.message}`, source)];
  if (error.code !== null) facts.push(fact("error code", error.code, source));
  return [...facts, ...exitFacts(evidence.exit)];
}

const MESSAGE_MAX = 300;

/** One line, bounded: a message may be a whole page of SQL. */
function word(error: ErrorInfo): string {
  const line = `${error.name}: ${error.message}`.split("\n", 1)[0]?.trim() ?? error.name;
  return (line.length > MESSAGE_MAX ? `${line.slice(0, MESSAGE_MAX)}…` : line).replace(/\.$/, "");
}
