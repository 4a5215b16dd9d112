import type { JobRecord } from "../model/index.ts";
import { rfc3339 } from "./time.ts";

export type JobView = ReturnType<typeof renderJob>;

/** One job. Inputs and results are not part of it: they are sent as stored text, and only when asked for. */
export function renderJob(job: JobRecord) {
  return {
    id: job.id,
    type: job.type,
    lane: job.lane,
    state: job.state,
    priority: job.priority,
    tags: job.tags,
    unique_key: job.uniqueKey,
    created_at: rfc3339(job.createdAtMs),
    run_at: rfc3339(job.runAtMs),
    started_at: rfc3339(job.startedAtMs),
    ended_at: rfc3339(job.endedAtMs),
    attempts: job.attempts,
    errors: job.errors,
    deaths: job.deaths,
    cause: job.cause,
    summary: job.summary,
    progress: job.progress === null ? null : { done: job.progress.done, total: job.progress.total, note: job.progress.note, at: rfc3339(job.progress.atMs) },
    has_checkpoint: job.hasCheckpoint,
    input_bytes: job.inputBytes,
    result_bytes: job.resultBytes,
    schedule_slot: job.scheduleSlot,
    retry_of: job.retryOf,
    cancel_requested: job.cancelRequested === null ? null : { by: job.cancelRequested.by, reason: job.cancelRequested.reason, at: rfc3339(job.cancelRequested.atMs) },
    quarantine: job.quarantine === null ? null : { reason: job.quarantine.reason, at: rfc3339(job.quarantine.atMs) },
  };
}
