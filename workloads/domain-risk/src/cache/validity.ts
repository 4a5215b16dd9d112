import { isSkipped, type DomainRecord } from "../record.ts";

export const DAY_MS = 86_400_000;
const READY_AFTER_DAYS = 10;
const READY_EVERY = 3;

export interface Validity {
  readonly cacheDays: number;
  readonly failureDays: number;
}

/** Whether a record still stands for its domain. One that was skipped says nothing of the domain: the bot memory is asked again. Neither does one of an analysis that was ended: it is done again. */
export function isValid(record: DomainRecord, { cacheDays, failureDays }: Validity, nowMs: number): boolean {
  if (isSkipped(record) || record.analyzed_at === null) return false;
  const ageMs = nowMs - Date.parse(record.analyzed_at);
  return ageMs < (record.accessible ? cacheDays : failureDays) * DAY_MS;
}

/** It is some time ago, or its turn: whatever we learnt of it is tried again. */
function isDue(record: DomainRecord, nowMs: number): boolean {
  return record.attempt_count % READY_EVERY === 0 || lastAttemptAgeMs(record, nowMs) >= READY_AFTER_DAYS * DAY_MS;
}

/** The plain request is left out where the last one was in vain not long ago. */
export function leavesOutPlainRequest(record: DomainRecord | null, nowMs: number): boolean {
  return record !== null && record.method === "browser" && !isDue(record, nowMs);
}

/** 0 first: successes of plain requests, successes of the browser, new ones, failed and ready, failed and not ready. */
export function turnOf(record: DomainRecord | null, nowMs: number): number {
  if (record === null || record.attempt_count === 0) return 2;
  if (record.accessible) return record.method === "browser" ? 1 : 0;
  return isDue(record, nowMs) ? 3 : 4;
}

function lastAttemptAgeMs(record: DomainRecord, nowMs: number): number {
  return record.last_attempt_date === null ? Number.POSITIVE_INFINITY : nowMs - Date.parse(record.last_attempt_date);
}
