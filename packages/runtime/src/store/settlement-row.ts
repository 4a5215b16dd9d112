import type { Next, Occurrence, Settlement } from "../model/index.ts";
import { attemptIdOf } from "./codec.ts";
import { detailsOf, termsOf } from "./read/attempt-rows.ts";

/** A settlement as the writer works with it: the parts that nobody asks SQL about are one JSON text, stored as it came. */
export interface FlatSettlement {
  readonly jobId: string;
  readonly token: string;
  readonly attemptId: string;
  readonly next: Next;
  readonly result: string | null;
  readonly attempt: number;
  readonly workerId: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly cause: string;
  readonly summary: string;
  readonly logFile: string | null;
  readonly logFrom: number;
  readonly logTo: number;
  readonly terms: string;
  readonly details: string;
  readonly occurrence: Occurrence | null;
}

/**
 * A settlement as it crosses to the writer. A row, because an object is copied with the names of its parts, which cost more than the values.
 * `next` null: complete.
 */
export type SettlementRow = readonly [
  jobId: string,
  token: string,
  next: Exclude<Next, { kind: "complete" }> | null,
  result: string | null,
  attempt: number,
  workerId: string,
  pid: number,
  startedAtMs: number,
  endedAtMs: number,
  cause: string,
  summary: string,
  logFile: string | null,
  logFrom: number,
  logTo: number,
  terms: string,
  details: string,
  occurrence: Occurrence | null,
];

const COMPLETE: Next = { kind: "complete" };

export function packSettlement({ lease, next, attempt, result, occurrence }: Settlement): SettlementRow {
  const isComplete = next.kind === "complete";
  return [
    lease.jobId,
    lease.token,
    isComplete ? null : next,
    isComplete ? result : null,
    attempt.attempt,
    attempt.workerId,
    attempt.pid,
    attempt.startedAtMs,
    attempt.endedAtMs,
    attempt.verdict.cause,
    attempt.verdict.summary,
    attempt.log?.file ?? null,
    attempt.log?.from ?? 0,
    attempt.log?.to ?? 0,
    termsOf(attempt),
    detailsOf(attempt),
    occurrence ?? null,
  ];
}

export function unpackSettlement(row: SettlementRow): FlatSettlement {
  const [jobId, token, next, result, attempt, workerId, pid, startedAtMs, endedAtMs, cause, summary, logFile, logFrom, logTo, terms, details, occurrence] = row;
  const attemptId = attemptIdOf(token);
  return {
    jobId,
    token,
    attemptId,
    next: next ?? COMPLETE,
    result,
    attempt,
    workerId,
    pid,
    startedAtMs,
    endedAtMs,
    cause,
    summary,
    logFile,
    logFrom,
    logTo,
    terms,
    details,
    occurrence,
  };
}
