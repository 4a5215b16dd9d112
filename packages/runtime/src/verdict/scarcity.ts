import type { AttemptEvidence, ErrorInfo, Fact, Hypothesis, Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { exitFacts, fact, pidsFact } from "./facts.ts";
import { lastWords } from "./last-words.ts";

const SCARCE_CODES = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOSPC", "ENOMEM", "EDQUOT", "SQLITE_FULL"]);
/** What people and libraries write when something ran out: enough for a suspicion, never for a cause. It may be another machine's. */
export const SCARCE_WORDS =
  /can't start new thread|Resource temporarily unavailable|Too many open files|No space left on device|Cannot allocate memory|Cannot fork|Disk quota exceeded|database or disk is full|\b(?:EAGAIN|EMFILE|ENFILE|ENOSPC|ENOMEM|EDQUOT)\b/i;
/** The check with which Node aborts when it cannot make a thread. What it only says of one ("pthread_create: …") it survives. */
const THREAD_CHECK = /Assertion (?:failed: |`).*\buv_thread_create/;
/** A non-blocking descriptor that has nothing to read, or a peer that does not accept yet, says EAGAIN too; nothing is exhausted then. */
const NOT_READY = /\bEAGAIN\b.*, (?:read|write)\b|(?:^|: )(?:read|write|connect|accept|recv|send)\w* EAGAIN\b/;

/** Whether the system said, by its code, that the machine ran out of something: threads, files, disk, memory. */
export function isScarcity({ code, message, stack }: ErrorInfo): boolean {
  // The code may be that of an error which this one wraps: its own words stand in the stack.
  if (code === null || (code === "EAGAIN" && NOT_READY.test(`${message}\n${stack ?? ""}`))) return false;
  if (code === "ERR_WORKER_INIT_FAILED") return /: (?:EAGAIN|EMFILE|ENFILE|ENOMEM)$/.test(message);
  return SCARCE_CODES.has(code) || (code === "ERR_SQLITE_ERROR" && message.startsWith("database or disk is full"));
}

/** What ran out, in a word, for the summary. */
export function scarceThing({ code, message }: ErrorInfo): string {
  const text = `${code ?? ""} ${message}`;
  if (/ENOSPC|EDQUOT|SQLITE_FULL|disk is full/.test(text)) return "disk space";
  if (/EMFILE|ENFILE/.test(text)) return "open files";
  if (/ENOMEM/.test(text)) return "memory";
  return "threads or processes";
}

/** Node aborts when a thread cannot be made. Our own limit did not refuse it, else the kernel's counter had spoken before this rule. */
export function ranOutOfThreads(evidence: AttemptEvidence): Verdict | null {
  if (evidence.exit?.signal !== "SIGABRT") return null;
  const words = lastWords(evidence.logTail, THREAD_CHECK);
  if (words === null) return null;
  return conclude({
    cause: "resource-exhausted",
    summary: "It aborted because no new thread could be made.",
    confidence: "likely",
    evidence: [...exitFacts(evidence.exit), fact("last words", words, "log"), pidsFact(evidence.usage)],
    hypotheses: ownLimit(evidence),
  });
}

const THREAD_LINE = /uv_thread_create|pthread_create|can't start new thread/;

/** Told, never a proof: who wrote it is not known, nor whether it mattered. */
export function threadLineFacts({ logTail }: AttemptEvidence): readonly Fact[] {
  const line = logTail.findLast((text) => THREAD_LINE.test(text));
  return line === undefined ? [] : [fact("a line of the log speaks of a thread that could not be made", line.trim(), "log")];
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
