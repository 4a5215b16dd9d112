import type { DatabaseSync } from "node:sqlite";
import { JOB_STATES, type JobRecord } from "../../model/index.ts";
import { integer } from "../codec.ts";
import type { JobFilter, Page, PageRequest } from "../ports.ts";
import { toCondition } from "./filter.ts";
import { JOB_COLUMNS, toJobRecord } from "./job-rows.ts";
import { createScan, NEWEST } from "./scan.ts";

const FROM_IDS = "FROM jobs j JOIN queues q ON q.id = j.queue WHERE j.id IN (SELECT value FROM json_each(?))";

/** A page of jobs, newest first. May be shorter than asked for and still have a cursor; see scan.ts. */
export function listJobs(database: DatabaseSync, filter: JobFilter, page: PageRequest): Page<JobRecord> {
  const condition = toCondition(filter);
  const limit = Math.min(1000, Math.max(1, page.limit));
  const select = database.prepare(`SELECT ${JOB_COLUMNS} ${FROM_IDS} AND ${condition.sql} ORDER BY j.id DESC LIMIT ?`);
  const scan = createScan(database, filter, page.cursor ?? NEWEST, limit + 1);
  const items: JobRecord[] = [];
  for (let ids = scan.next(); ids !== null; ids = scan.next()) {
    items.push(...select.all(JSON.stringify(ids), ...condition.values, limit - items.length + 1).map(toJobRecord));
    if (items.length > limit) return { items: items.slice(0, limit), nextCursor: items[limit - 1]?.id ?? null };
  }
  return { items, nextCursor: scan.resumeFrom() };
}

/** Exact up to `cap` for state, lane and type; with other conditions, of the newest 50,000 jobs in these states. */
export function countJobs(database: DatabaseSync, filter: JobFilter, cap: number): number {
  const fromCounters = countQueues(database, filter);
  if (fromCounters !== null) return Math.min(fromCounters, cap);
  const condition = toCondition(filter);
  const select = database.prepare(`SELECT count(*) AS matches ${FROM_IDS} AND ${condition.sql}`);
  const scan = createScan(database, filter, NEWEST, 2000);
  let count = 0;
  for (let ids = scan.next(); ids !== null && count < cap; ids = scan.next()) {
    count += integer(select.get(JSON.stringify(ids), ...condition.values)?.["matches"]);
  }
  return Math.min(count, cap);
}

/** Questions about state, lane and type alone are answered from the counters of the queues. */
function countQueues(database: DatabaseSync, filter: JobFilter): number | null {
  const { states, lane, type, ...rest } = filter;
  if (Object.values(rest).some((value) => value !== undefined && value !== "")) return null;
  const columns = JOB_STATES.filter((state) => states?.includes(state) ?? true);
  if (columns.length === 0) return 0;
  const row = database
    .prepare(`SELECT coalesce(sum(${columns.join(" + ")}), 0) AS matches FROM queues WHERE lane = coalesce(?, lane) AND type = coalesce(?, type)`)
    .get(lane ?? null, type ?? null);
  return integer(row?.["matches"]);
}
