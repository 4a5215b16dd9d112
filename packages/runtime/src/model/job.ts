import type { Autopsy } from "./autopsy.ts";
import type { Budget } from "./budget.ts";
import type { Cause } from "./cause.ts";
import type { Diversion } from "./lane.ts";
import type { Occurrence } from "./incident.ts";
import type { Enforcement, ErrorInfo, ExitStatus, Leak, Usage, Verdict } from "./verdict.ts";

/**
 * scheduled: waits for its time. ready: waits for a worker. running: leased to an attempt. retrying: waits for its next attempt.
 * succeeded, failed, cancelled: ended. quarantined: must not run again unattended.
 */
export const JOB_STATES = ["scheduled", "ready", "running", "retrying", "succeeded", "failed", "cancelled", "quarantined"] as const;
export type JobState = (typeof JOB_STATES)[number];

export const ENDED_STATES = ["succeeded", "failed", "cancelled"] as const satisfies readonly JobState[];

export function isEnded(state: JobState): boolean {
  return (ENDED_STATES as readonly JobState[]).includes(state);
}

/** A piece of work to be stored. Complete: every default has been applied by intake. */
export interface NewJob {
  readonly id: string;
  readonly type: string;
  readonly lane: string;
  /** JSON text, as it was given; never parsed by the host again. */
  readonly input: string;
  /** -100 (last) to 100 (first). */
  readonly priority: number;
  /** Unix ms; in the future means `scheduled`. */
  readonly runAtMs: number;
  readonly createdAtMs: number;
  readonly uniqueKey: string | null;
  readonly tags: readonly string[];
  /** `<schedule key>@<slot>` when a schedule fired it. */
  readonly scheduleSlot: string | null;
  readonly retryOf: string | null;
  /** Set when a guard sent it elsewhere than it was meant to go; with "quarantine" it is stored there and does not run. */
  readonly diversion: Diversion | null;
  /** What the same request is answered when it comes again: stored with the job, in one commit, if the job is new. */
  readonly answer: IdempotencyEntry | null;
}

/** The answer to a request that carried a key; the same request gets the same answer. */
export interface IdempotencyEntry {
  readonly key: string;
  readonly requestHash: string;
  readonly status: number;
  readonly body: string;
  readonly createdAtMs: number;
}

/** The state that a new job begins in. */
export function firstState({ diversion, runAtMs, createdAtMs }: Pick<NewJob, "diversion" | "runAtMs" | "createdAtMs">): "quarantined" | "scheduled" | "ready" {
  if (diversion?.kind === "quarantine") return "quarantined";
  return runAtMs > createdAtMs ? "scheduled" : "ready";
}

export interface EnqueueResult {
  readonly id: string;
  readonly state: JobState;
  /** True when a job with the same unique key or schedule slot was already waiting or running: `id` is that job's. */
  readonly deduplicated: boolean;
}

/** One job as it is stored. Large values (input, result) are read apart. */
export interface JobRecord {
  readonly id: string;
  readonly type: string;
  readonly lane: string;
  readonly state: JobState;
  readonly priority: number;
  readonly createdAtMs: number;
  readonly runAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly attempts: number;
  /** Ends counted against retry.attempts. */
  readonly errors: number;
  /** Ends counted against retry.deaths. */
  readonly deaths: number;
  readonly cause: Cause | null;
  readonly summary: string | null;
  readonly uniqueKey: string | null;
  readonly tags: readonly string[];
  readonly scheduleSlot: string | null;
  readonly retryOf: string | null;
  readonly inputBytes: number;
  readonly resultBytes: number | null;
  readonly progress: { readonly done: number | null; readonly total: number | null; readonly note: string | null; readonly atMs: number } | null;
  readonly hasCheckpoint: boolean;
  readonly cancelRequested: { readonly by: string; readonly reason: string; readonly atMs: number } | null;
  readonly quarantine: { readonly reason: string; readonly atMs: number } | null;
}

/** The right to run one job once. Only the holder of the token can settle it. */
export interface Lease {
  readonly jobId: string;
  readonly attemptId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Fencing token: unique for each lease ever given. */
  readonly token: string;
  readonly type: string;
  readonly lane: string;
  readonly input: string;
  readonly checkpoint: string | null;
  readonly errors: number;
  readonly deaths: number;
  readonly leasedAtMs: number;
  /** From when on it might run: what came after it is waiting. */
  readonly runAtMs: number;
}

/** What happens to the job after an attempt; chosen by policy. */
export type Next =
  | { readonly kind: "complete" }
  /** `lane`: it waits in this one from now on; left out: where it was. */
  | { readonly kind: "retry"; readonly runAtMs: number; readonly counts: "error" | "death" | "none"; readonly reason: string; readonly lane?: string }
  | { readonly kind: "quarantine"; readonly counts: "error" | "death"; readonly reason: string }
  | { readonly kind: "give-up"; readonly counts: "error" | "death"; readonly reason: string }
  | { readonly kind: "cancelled"; readonly reason: string };

/** One attempt as it is journalled. */
export interface AttemptRecord {
  readonly id: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly type: string;
  readonly lane: string;
  readonly workerId: string;
  /** Pid of the worker or program as the supervisor sees it; 0 when it never started. */
  readonly pid: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly verdict: Verdict;
  readonly exit: ExitStatus | null;
  readonly usage: Usage;
  readonly leaks: readonly Leak[];
  readonly enforcement: Enforcement;
  readonly budget: Budget;
  /** Where the attempt's log is: a byte range of its worker's log file. */
  readonly log: { readonly file: string; readonly from: number; readonly to: number } | null;
  readonly next: Next["kind"];
  /** Evidence of an abnormal end; left out or null for a clean one. */
  readonly autopsy?: Autopsy | null;
}

export interface Settlement {
  readonly lease: Lease;
  readonly next: Next;
  readonly attempt: AttemptRecord;
  /** JSON text of what the job returned; only with next.kind "complete". */
  readonly result: string | null;
  /** Added to its incident in the same transaction; left out or null for an end that is none. */
  readonly occurrence?: Occurrence | null;
}

/** `stale`: the lease was no longer held; nothing was written. */
export type SettleOutcome = "stale" | Settled;

/** What was written. */
export interface Settled {
  /** As it was asked for; only what would have been retried ends as cancelled when that was asked for meanwhile. */
  readonly next: Next;
  /** What the occurrence did to its incident; null without one. */
  readonly incident: "opened" | "recurred" | "regressed" | null;
}

export interface ScheduleRecord {
  readonly key: string;
  readonly type: string;
  readonly cron: string;
  /** IANA name, e.g. "Europe/Vienna"; default "UTC". */
  readonly timeZone: string;
  readonly input: string;
  readonly lane: string | null;
  /** skip: no new job while the last one has not ended. queue: always a new job. */
  readonly overlap: "skip" | "queue";
  /** latest: one job for the last slot missed while the runtime was down. none: missed slots are counted only. */
  readonly catchUp: "latest" | "none";
  readonly origin: "definition" | "api";
  readonly paused: boolean;
  readonly lastSlotMs: number | null;
  readonly lastJobId: string | null;
  readonly missed: number;
  readonly updatedAtMs: number;
}

export interface LaneRecord {
  readonly name: string;
  /** Attempts at once; 0: none. */
  readonly concurrency: number;
  /** What an attempt may use of memory here when that is more than its own budget; null: its own budget. */
  readonly memoryBytes: number | null;
  readonly dispatchPaused: { readonly reason: string; readonly untilMs: number | null; readonly atMs: number } | null;
  readonly intakePaused: { readonly reason: string; readonly untilMs: number | null; readonly atMs: number } | null;
}

export type { ErrorInfo };
