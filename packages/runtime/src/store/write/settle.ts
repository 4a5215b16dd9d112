import type { JobState, Next, SettleOutcome } from "../../model/index.ts";
import { integer, integerOrNull, STATE_CODES } from "../codec.ts";
import { beganKind } from "../began-with.ts";
import { INLINE_BYTES_MAX } from "../schema.ts";
import type { FlatSettlement } from "../settlement-row.ts";
import type { WriteContext } from "./context.ts";
import type { Queue } from "./queues.ts";
import type { IncidentWrites } from "./incidents.ts";

/**
 * Ends an attempt: gives the lease back, appends the attempt's record, moves the job, and adds an abnormal end to its incident. All of it or, with a lease that is no longer held, none.
 * A cancel that was accepted while the attempt ran is never lost: what would have been retried ends as cancelled.
 */
export function createSettle({ database, queues, logFiles, terms }: WriteContext, incidents: IncidentWrites): (settlement: FlatSettlement) => SettleOutcome | "as-asked" {
  const giveBack = database.prepare("DELETE FROM leases WHERE job_id = ? AND token = ?");
  const find = database.prepare("SELECT queue, run_at, has_checkpoint, cancel_request IS NOT NULL AS cancelling FROM jobs WHERE id = ?");
  const insertAttempt = database.prepare(
    `INSERT INTO attempts (id, job_id, attempt, queue, worker_id, pid, started_at, ended_at, wait_ms, cause, next, log_file, log_from, log_to, terms, details)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const complete = database.prepare(
    `UPDATE jobs SET state = ${STATE_CODES.succeeded}, started_at = ?, ended_at = ?, cause = ?, summary = ?, result = ?, result_bytes = ?, has_checkpoint = 0 WHERE id = ?`,
  );
  const end = database.prepare(
    `UPDATE jobs SET state = ?, started_at = ?, ended_at = ?, cause = ?, summary = ?, errors = errors + ?, deaths = deaths + ?, quarantine = ?, run_at = coalesce(?, run_at), queue = ? WHERE id = ?`,
  );
  const insertResult = database.prepare("INSERT OR REPLACE INTO documents (job_id, kind, body) VALUES (?, 'result', ?)");
  // An attempt that stored none itself began with the last one.
  const keepBegin = database.prepare("UPDATE OR IGNORE documents SET kind = ? WHERE job_id = ? AND kind = 'checkpoint'");
  const deleteCheckpoint = database.prepare("DELETE FROM documents WHERE job_id = ? AND kind = 'checkpoint'");

  const succeed = (settlement: FlatSettlement, hadCheckpoint: boolean): void => {
    const { jobId, result } = settlement;
    const resultBytes = result === null ? null : Buffer.byteLength(result);
    const isInline = resultBytes === null || resultBytes <= INLINE_BYTES_MAX;
    complete.run(settlement.startedAtMs, settlement.endedAtMs, settlement.cause, settlement.summary, isInline ? result : null, resultBytes, jobId);
    if (!isInline && result !== null) insertResult.run(jobId, result);
    if (!hadCheckpoint) return;
    if (settlement.attempt > 1) keepBegin.run(beganKind(settlement.attempt), jobId);
    deleteCheckpoint.run(jobId);
  };

  const move = (settlement: FlatSettlement, next: Exclude<Next, { kind: "complete" }>, from: Queue): void => {
    const state = stateAfter(next, settlement.endedAtMs);
    const to = next.kind === "retry" && next.lane !== undefined ? queues.of(next.lane, from.type) : from;
    const counts = next.kind === "cancelled" ? "none" : next.counts;
    end.run(
      STATE_CODES[state],
      settlement.startedAtMs,
      state === "failed" || state === "cancelled" ? settlement.endedAtMs : null,
      settlement.cause,
      settlement.summary,
      counts === "error" ? 1 : 0,
      counts === "death" ? 1 : 0,
      next.kind === "quarantine" ? JSON.stringify({ reason: next.reason, atMs: settlement.endedAtMs }) : null,
      next.kind === "retry" ? next.runAtMs : null,
      to.id,
      settlement.jobId,
    );
    queues.count(from, "running", null);
    queues.count(to, null, state);
  };

  return (settlement) => {
    if (giveBack.run(settlement.jobId, settlement.token).changes === 0) return "stale";
    const job = find.get(settlement.jobId) ?? {};
    const next: Next = settlement.next.kind === "retry" && job["cancelling"] === 1 ? { kind: "cancelled", reason: "a cancel was asked for while it ran" } : settlement.next;
    const queue = queues.get(integer(job["queue"]));
    insertAttempt.run(
      settlement.attemptId,
      settlement.jobId,
      settlement.attempt,
      queue.id,
      settlement.workerId,
      settlement.pid,
      settlement.startedAtMs,
      settlement.endedAtMs,
      Math.max(0, settlement.startedAtMs - integer(job["run_at"])),
      settlement.cause,
      next.kind,
      settlement.logFile === null ? null : logFiles.use(settlement.logFile),
      settlement.logFrom,
      settlement.logTo,
      terms.idOf(settlement.terms),
      settlement.details,
    );
    if (next.kind === "complete") {
      succeed(settlement, integerOrNull(job["has_checkpoint"]) === 1);
      queues.count(queue, "running", "succeeded");
    } else {
      move(settlement, next, queue);
    }
    const { attemptId, jobId, occurrence } = settlement;
    if (occurrence === null && next === settlement.next) return "as-asked";
    return { next, incident: occurrence === null ? null : incidents.add(occurrence, { attemptId, jobId, type: queue.type, lane: queue.lane }) };
  };
}

function stateAfter(next: Exclude<Next, { kind: "complete" }>, endedAtMs: number): JobState {
  switch (next.kind) {
    case "retry":
      return next.runAtMs > endedAtMs ? "retrying" : "ready";
    case "quarantine":
      return "quarantined";
    case "give-up":
      return "failed";
    case "cancelled":
      return "cancelled";
  }
}
