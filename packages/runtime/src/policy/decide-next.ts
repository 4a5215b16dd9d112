import { DEFAULT_RETRY, familyOf, formatBytes, formatDuration, isMemoryDeath, type JobType, type Next, type Verdict } from "../model/index.ts";
import { backoffMs } from "./backoff.ts";
import type { Escalation } from "./escalation.ts";

export interface PolicyQuestion {
  readonly verdict: Verdict;
  /** null when the type is no longer known (its module is gone): the default rules hold. */
  readonly jobType: Pick<JobType, "retry"> | null;
  /** Ends counted before this one. */
  readonly errors: number;
  readonly deaths: number;
  readonly nowMs: number;
  /** Chance, 0 <= x < 1. */
  readonly fraction: number;
  /** The runtime was shutting down when it ended. */
  readonly drain: boolean;
  /** Its worker was ended for another attempt, and it with it; default false. */
  readonly preempted?: boolean;
  /** Somebody asked for the job to be cancelled, whatever ended this attempt. */
  readonly cancelRequested: boolean;
  /** What a death of memory leads to; see escalation.ts. Default: nothing special. */
  readonly escalation?: Escalation;
  /** false when the lease was given but no program had started yet; default true. */
  readonly started?: boolean;
}

/**
 * Chooses what happens to the job.
 * @example decideNext({ verdict, jobType, errors: 0, deaths: 2, nowMs, fraction, drain: false, cancelRequested: false }) // { kind: "quarantine", … }
 */
export function decideNext(question: PolicyQuestion): Next {
  const { verdict, preempted = false } = question;
  if (verdict.cause === "succeeded") return { kind: "complete" };
  if (question.cancelRequested || (verdict.cause === "cancelled" && !question.drain && !preempted)) return { kind: "cancelled", reason: verdict.summary };
  const free = costsNothing(question);
  if (free !== null) return { kind: "retry", runAtMs: question.nowMs, counts: "none", reason: free };
  return familyOf(verdict.cause) === "error" ? afterError(question) : afterDeath(question);
}

const NO_ESCALATION: Escalation = { kind: "none" };

/** A deploy costs no attempt: also not when whoever stops us signals our children as well (a service manager ends the whole group). */
function costsNothing({ verdict, drain, preempted, started }: PolicyQuestion): string | null {
  if (drain && (verdict.cause === "cancelled" || verdict.cause === "killed")) return "The runtime shut down; this attempt is not counted.";
  if (preempted === true && verdict.cause === "cancelled") return "Its worker was ended for another attempt; this one is not counted.";
  if (verdict.cause === "lost" && started === false) return "The runtime ended before the attempt had started; it is not counted.";
  return null;
}

function afterError(question: PolicyQuestion): Next {
  const retry = question.jobType?.retry ?? DEFAULT_RETRY;
  const count = question.errors + 1;
  const { cause, error } = question.verdict;
  if (error !== null && !error.retryable) return { kind: "give-up", counts: "error", reason: `Ended ${cause}; the error says that trying again is pointless.` };
  if (count >= retry.attempts) return { kind: "give-up", counts: "error", reason: `Ended ${cause}; all ${times(retry.attempts, "attempt")} are used.` };
  return again(question, "error", count, `error ${count} of at most ${retry.attempts}`);
}

function afterDeath(question: PolicyQuestion): Next {
  const retry = question.jobType?.retry ?? DEFAULT_RETRY;
  const count = question.deaths + 1;
  if (count >= retry.deaths) {
    return {
      kind: "quarantine",
      counts: "death",
      reason: `It died ${times(count, "time")} (${times(retry.deaths, "death")} at most); the last time: ${question.verdict.cause}. ${question.verdict.summary}`,
    };
  }
  const escalation = question.escalation ?? NO_ESCALATION;
  if (isMemoryDeath(question.verdict.cause) && escalation.kind !== "none") return afterMemoryDeath(question, escalation);
  return again(question, "death", count, `death ${count} of at most ${retry.deaths}`);
}

/** Exactly one try with more memory; what dies of memory there as well is not worth a third process. */
function afterMemoryDeath({ verdict, nowMs }: PolicyQuestion, escalation: Exclude<Escalation, { kind: "none" }>): Next {
  if (escalation.kind === "exhausted") {
    return { kind: "quarantine", counts: "death", reason: `It died of memory in the lane ${escalation.lane} as well: ${verdict.cause}. ${verdict.summary}` };
  }
  const reason = `Ended ${verdict.cause}; one try in the lane ${escalation.lane} with ${formatBytes(escalation.memoryBytes)}.`;
  return { kind: "retry", runAtMs: nowMs, counts: "death", reason, lane: escalation.lane };
}

function again(question: PolicyQuestion, counts: "error" | "death", count: number, which: string): Next {
  const pauseMs = backoffMs(question.jobType?.retry ?? DEFAULT_RETRY, count, question.fraction);
  return { kind: "retry", runAtMs: question.nowMs + pauseMs, counts, reason: `Ended ${question.verdict.cause} (${which}); again in ${formatDuration(pauseMs)}.` };
}

function times(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
