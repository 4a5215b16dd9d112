import type { DatabaseSync } from "node:sqlite";
import { JOB_STATES, type JobState } from "../../model/index.ts";
import { integer, STATE_CODES, text } from "../codec.ts";
import { IS_ENDED, IS_NOTABLE } from "../schema.ts";
import type { JobFilter } from "../ports.ts";

/**
 * One call looks at a bounded number of jobs: so many rows, and so many bytes of input when a text is searched. When that is used up before the page is full,
 * the page comes back shorter, with a cursor to go on from; no single request holds up the reader.
 */
const SCANNED_ROWS_MAX = 50_000;
const WINDOW_ROWS_MAX = 2000;
const SEARCHED_BYTES_MAX = 64 * 1024 * 1024;
/** So many jobs of one state are sorted by id rather than searched among all others. */
const SORTED_ROWS_MAX = 20_000;

/** Higher than every id. */
export const NEWEST = "~";

/** Walks the ids of the jobs in the wanted states, newest first, window by window. */
export interface Scan {
  /** The next ids; null at the end or when enough was looked at. */
  next(): readonly string[] | null;
  /** Where a following call goes on; null when everything was seen. */
  resumeFrom(): string | null;
}

export function createScan(database: DatabaseSync, filter: JobFilter, start: string, firstWindowRows: number): Scan {
  const isSearch = filter.text !== undefined && filter.text !== "";
  const source = sourceOf(database, filter.states);
  const step = database.prepare(isSearch ? `SELECT id, input_bytes FROM jobs WHERE id IN (${source}) ORDER BY id DESC` : source);
  let below = start;
  let windowRows = Math.min(firstWindowRows, WINDOW_ROWS_MAX);
  let rowsLeft = SCANNED_ROWS_MAX;
  let bytesLeft = SEARCHED_BYTES_MAX;
  let isDone = false;
  return {
    next() {
      if (isDone || rowsLeft <= 0 || bytesLeft <= 0) return null;
      const rows = step.all({ below, limit: windowRows });
      if (rows.length < windowRows) isDone = true;
      const ids = rows.map((row) => text(row["id"]));
      below = ids.at(-1) ?? below;
      rowsLeft -= rows.length;
      for (const row of rows) bytesLeft -= isSearch ? integer(row["input_bytes"]) : 0;
      windowRows = Math.min(windowRows * 4, isSearch ? WINDOW_ROWS_MAX / 4 : WINDOW_ROWS_MAX);
      return ids.length === 0 ? null : ids;
    },
    resumeFrom: () => (isDone ? null : below),
  };
}

/** The smallest indexes that together hold every wanted state, merged by id; or all jobs, when that is not small. */
function sourceOf(database: DatabaseSync, states: readonly JobState[] | undefined): string {
  const wanted = JOB_STATES.filter((state) => states?.includes(state) ?? true);
  const all = `SELECT id FROM jobs WHERE id < :below ${wanted.length < JOB_STATES.length ? `AND state IN (${codes(wanted)})` : ""} ORDER BY id DESC LIMIT :limit`;
  if (wanted.length === JOB_STATES.length) return all;
  const parts = wanted.map((state) => partOf(database, state));
  if (parts.length === 0) return "SELECT id FROM jobs WHERE id < :below AND FALSE LIMIT :limit";
  return parts.includes(null) ? all : `${parts.join(" UNION ALL ")} ORDER BY id DESC LIMIT :limit`;
}

function partOf(database: DatabaseSync, state: JobState): string | null {
  const code = STATE_CODES[state];
  switch (state) {
    case "running":
      return "SELECT job_id AS id FROM leases WHERE job_id < :below";
    case "ready":
      return countOf(database, state) > SORTED_ROWS_MAX ? null : `SELECT id FROM jobs INDEXED BY jobs_ready WHERE state = ${code} AND id < :below`;
    case "succeeded":
      return countOf(database, state) > SORTED_ROWS_MAX ? null : `SELECT id FROM jobs INDEXED BY jobs_ended WHERE ${IS_ENDED} AND state = ${code} AND id < :below`;
    case "scheduled":
    case "retrying":
    case "failed":
    case "cancelled":
    case "quarantined":
      return `SELECT id FROM jobs INDEXED BY jobs_notable WHERE ${IS_NOTABLE} AND state = ${code} AND id < :below`;
  }
}

function countOf(database: DatabaseSync, state: JobState): number {
  return integer(database.prepare(`SELECT coalesce(sum(${state}), 0) AS jobs FROM queues`).get()?.["jobs"]);
}

function codes(states: readonly JobState[]): string {
  return states.map((state) => STATE_CODES[state]).join(", ");
}
