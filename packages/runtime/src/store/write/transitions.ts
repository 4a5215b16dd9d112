import { CofferdamError, isEnded, type JobState } from "../../model/index.ts";
import { integer, integerOrNull, stateOf, STATE_CODES, text, textOrNull, type Row } from "../codec.ts";
import { HOLDS_UNIQUE_KEY, INLINE_BYTES_MAX } from "../schema.ts";
import type { Operations } from "../operations.ts";
import type { WriteContext } from "./context.ts";
import { createJobRemover } from "./prune.ts";
import type { Queue } from "./queues.ts";

type Handler<Kind extends keyof Operations> = (ask: Operations[Kind]["ask"]) => Operations[Kind]["answer"];

/** What a person or the API does to a job that is not being run right now. */
export interface Transitions {
  readonly cancel: Handler<"cancel">;
  readonly retry: Handler<"retry">;
  readonly adoptResult: Handler<"adoptResult">;
  readonly releaseQuarantined: Handler<"releaseQuarantined">;
  readonly discardQuarantined: Handler<"discardQuarantined">;
  readonly reschedule: Handler<"reschedule">;
  readonly remove: Handler<"remove">;
}

export function createTransitions(context: WriteContext): Transitions {
  const { database, queues } = context;
  const removeJob = createJobRemover(context);
  const find = database.prepare("SELECT queue, state, schedule_slot, unique_scope, run_at FROM jobs WHERE id = ?");
  const findUnique = database.prepare(`SELECT id FROM jobs WHERE unique_scope = ? AND ${HOLDS_UNIQUE_KEY}`);
  const noteCancel = database.prepare("UPDATE jobs SET cancel_request = coalesce(cancel_request, ?) WHERE id = ?");
  const endCancelled = database.prepare(
    `UPDATE jobs SET state = ${STATE_CODES.cancelled}, ended_at = ?, cause = 'cancelled', summary = ?, cancel_request = ?, quarantine = NULL WHERE id = ?`,
  );
  const makeReady = database.prepare(
    `UPDATE jobs SET state = ${STATE_CODES.ready}, queue = ?, run_at = ?, errors = 0, deaths = 0, started_at = NULL, ended_at = NULL, cause = NULL, summary = NULL,
     result = NULL, result_bytes = NULL, progress = NULL, cancel_request = NULL, quarantine = NULL WHERE id = ?`,
  );
  const deleteResult = database.prepare("DELETE FROM documents WHERE job_id = ? AND kind = 'result'");
  const adopt = database.prepare(
    `UPDATE jobs SET state = ${STATE_CODES.succeeded}, ended_at = ?, cause = 'succeeded', summary = ?, result = ?, result_bytes = ?, quarantine = NULL WHERE id = ?`,
  );
  const insertResult = database.prepare("INSERT OR REPLACE INTO documents (job_id, kind, body) VALUES (?, 'result', ?)");
  const discard = database.prepare(`UPDATE jobs SET state = ${STATE_CODES.failed}, ended_at = ? WHERE id = ?`);
  const change = database.prepare("UPDATE jobs SET state = ?, queue = ?, run_at = ?, priority = coalesce(?, priority) WHERE id = ?");

  const load = (jobId: string): StoredJob | null => {
    const row = find.get(jobId);
    return row === undefined ? null : toStoredJob(row, queues.get(integer(row["queue"])));
  };

  const move = (job: StoredJob, to: JobState, queue: Queue): void => {
    queues.count(job.queue, job.state, null);
    queues.count(queue, null, to);
  };

  const runAgain = (jobId: string, job: StoredJob, lane: string | null, nowMs: number): "ready" => {
    const other = job.uniqueScope === null || !isEnded(job.state) ? undefined : findUnique.get(job.uniqueScope);
    if (other !== undefined) {
      throw new CofferdamError("unique_key_taken", `job ${text(other["id"])} holds the unique key of ${jobId}`, { hint: "Wait until it has ended, or cancel it." });
    }
    const queue = lane === null ? job.queue : queues.of(lane, job.queue.type);
    makeReady.run(queue.id, nowMs, jobId);
    deleteResult.run(jobId);
    move(job, "ready", queue);
    return "ready";
  };

  return {
    cancel({ jobId, by, reason, nowMs }) {
      const job = load(jobId);
      if (job === null) return "missing";
      if (isEnded(job.state)) return "ended";
      const request = JSON.stringify({ by, reason, atMs: nowMs });
      if (job.state === "running") {
        noteCancel.run(request, jobId);
        return "running";
      }
      endCancelled.run(nowMs, `cancelled by ${by} before it ran${reason === "" ? "" : `: ${reason}`}`, request, jobId);
      move(job, "cancelled", job.queue);
      return "cancelled";
    },
    retry({ jobId, nowMs }) {
      const job = load(jobId);
      if (job === null) return "missing";
      return isEnded(job.state) || job.state === "quarantined" ? runAgain(jobId, job, null, nowMs) : "not-ended";
    },
    adoptResult({ jobId, adopted: { result, summary }, nowMs }) {
      const job = load(jobId);
      if (job === null) return "missing";
      // What succeeded has its own result, which is never replaced.
      if (job.state === "succeeded" || (!isEnded(job.state) && job.state !== "quarantined")) return "not-ended";
      const bytes = result === null ? null : Buffer.byteLength(result);
      const isInline = bytes === null || bytes <= INLINE_BYTES_MAX;
      adopt.run(nowMs, summary, isInline ? result : null, bytes, jobId);
      if (!isInline && result !== null) insertResult.run(jobId, result);
      move(job, "succeeded", job.queue);
      return "adopted";
    },
    releaseQuarantined({ jobId, lane, nowMs }) {
      const job = load(jobId);
      if (job === null) return "missing";
      return job.state === "quarantined" ? runAgain(jobId, job, lane, nowMs) : "not-quarantined";
    },
    discardQuarantined({ jobId, nowMs }) {
      const job = load(jobId);
      if (job === null) return "missing";
      if (job.state !== "quarantined") return "not-quarantined";
      discard.run(nowMs, jobId);
      move(job, "failed", job.queue);
      return "discarded";
    },
    reschedule({ jobId, change: wish, nowMs }) {
      const job = load(jobId);
      if (job === null) return "missing";
      if (job.state === "running") return "running";
      if (isEnded(job.state) || job.state === "quarantined") return "ended";
      const runAtMs = wish.runAtMs ?? job.runAtMs;
      const state = runAtMs <= nowMs ? "ready" : job.state === "retrying" ? "retrying" : "scheduled";
      const queue = wish.lane === undefined ? job.queue : queues.of(wish.lane, job.queue.type);
      change.run(STATE_CODES[state], queue.id, runAtMs, wish.priority ?? null, jobId);
      move(job, state, queue);
      return "changed";
    },
    remove({ jobId }) {
      const job = load(jobId);
      if (job === null) return "missing";
      if (job.state === "running") return "running";
      removeJob(jobId, job.queue, job.state, job.scheduleSlot);
      return "removed";
    },
  };
}

interface StoredJob {
  readonly queue: Queue;
  readonly state: JobState;
  readonly scheduleSlot: string | null;
  readonly uniqueScope: string | null;
  readonly runAtMs: number;
}

function toStoredJob(row: Row, queue: Queue): StoredJob {
  return {
    queue,
    state: stateOf(integer(row["state"])),
    scheduleSlot: textOrNull(row["schedule_slot"]),
    uniqueScope: textOrNull(row["unique_scope"]),
    runAtMs: integerOrNull(row["run_at"]) ?? 0,
  };
}
