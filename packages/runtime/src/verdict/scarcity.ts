import type { AttemptEvidence, ErrorInfo, Hypothesis, Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { exitFacts, fact, pidsFact } from "./facts.ts";

const SCARCE_CODES = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOSPC", "ENOMEM", "EDQUOT", "SQLITE_FULL"]);
const SCARCE_WORDS =
  /can't start new thread|unable to create native thread|Resource temporarily unavailable|Too many open files|No space left on device|Cannot allocate memory|Cannot fork|Disk quota exceeded|database or disk is full|\b(?:EAGAIN|EMFILE|ENFILE|ENOSPC|ENOMEM|EDQUOT)\b/i;
const THREAD_LINE = /uv_thread_create|pthread_create|can't start new thread/;
/** A non-blocking descriptor that has nothing to read says EAGAIN too; nothing is exhausted then. */
const NOT_READY = /\bEAGAIN\b.*, (?:read|write)\b/;

/** Whether this error says that the machine ran out of something: threads, files, disk, memory. */
export function isScarcity(error: ErrorInfo): boolean {
  if (NOT_READY.test(error.message)) return false;
  return (error.code !== null && SCARCE_CODES.has(error.code)) || SCARCE_WORDS.test(error.message);
}

/** What ran out, in a word, for the summary. */
export function scarceThing(error: ErrorInfo): string {
  const text = `${error.code ?? ""} ${error.message}`;
  if (/ENOSPC|No space|EDQUOT|quota|SQLITE_FULL|disk is full/i.test(text)) return "disk space";
  if (/EMFILE|ENFILE|Too many open files/i.test(text)) return "open files";
  if (/ENOMEM|Cannot allocate memory/i.test(text)) return "memory";
  return "threads or processes";
}

/** Node (libuv) aborts when a thread cannot be made. Our own limit did not refuse it, else the kernel's counter had spoken before this rule. */
export function ranOutOfThreads(evidence: AttemptEvidence): Verdict | null {
  if (evidence.exit?.signal !== "SIGABRT") return null;
  const line = evidence.logTail.find((text) => THREAD_LINE.test(text));
  if (line === undefined) return null;
  return conclude({
    cause: "resource-exhausted",
    summary: "It aborted because no new thread could be made.",
    confidence: "certain",
    evidence: [...exitFacts(evidence.exit), fact("last words", line.trim(), "log"), pidsFact(evidence.usage)],
    hypotheses: ownLimit(evidence),
  });
}

function ownLimit(evidence: AttemptEvidence): readonly Hypothesis[] {
  const { budget, usage, kernel } = evidence;
  if (budget.pids === null) return [];
  const facts = [pidsFact(usage), fact("pids budget", budget.pids, "budget")];
  if (kernel.pidsRefused === 0) {
    return [
      {
        cause: "over-pids",
        text: "Its own pids budget refused the thread.",
        confidence: "ruled-out",
        for: [],
        against: [fact("forks refused by its own limit", 0, "cgroup pids.events rise")],
      },
    ];
  }
  return usage.pidsPeak >= budget.pids * 0.9 ? [{ cause: "over-pids", text: "Its own pids budget refused the thread.", confidence: "possible", for: facts, against: [] }] : [];
}
