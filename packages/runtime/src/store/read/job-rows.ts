import type { JobRecord } from "../../model/index.ts";
import { causeOrNull, integer, integerOrNull, json, jsonOrNull, stateOf, text, textOrNull, uniqueKeyOf, type Row } from "../codec.ts";

/** The columns of a JobRecord; `j` is the job, `q` its queue. */
export const JOB_COLUMNS = `j.id, q.type, q.lane, j.state, j.priority, j.created_at, j.run_at, j.started_at, j.ended_at, j.attempts, j.errors, j.deaths, j.cause, j.summary,
  j.unique_scope, j.tags, j.schedule_slot, j.retry_of, j.input_bytes, j.result_bytes, j.progress, j.has_checkpoint, j.cancel_request, j.quarantine`;

export function toJobRecord(row: Row): JobRecord {
  return {
    id: text(row["id"]),
    type: text(row["type"]),
    lane: text(row["lane"]),
    state: stateOf(integer(row["state"])),
    priority: integer(row["priority"]),
    createdAtMs: integer(row["created_at"]),
    runAtMs: integer(row["run_at"]),
    startedAtMs: integerOrNull(row["started_at"]),
    endedAtMs: integerOrNull(row["ended_at"]),
    attempts: integer(row["attempts"]),
    errors: integer(row["errors"]),
    deaths: integer(row["deaths"]),
    cause: causeOrNull(row["cause"]),
    summary: textOrNull(row["summary"]),
    uniqueKey: uniqueKeyOf(textOrNull(row["unique_scope"])),
    tags: row["tags"] === null ? [] : json<readonly string[]>(row["tags"]),
    scheduleSlot: textOrNull(row["schedule_slot"]),
    retryOf: textOrNull(row["retry_of"]),
    inputBytes: integer(row["input_bytes"]),
    resultBytes: integerOrNull(row["result_bytes"]),
    progress: jsonOrNull<JobRecord["progress"]>(row["progress"]),
    hasCheckpoint: row["has_checkpoint"] === 1,
    cancelRequested: jsonOrNull<JobRecord["cancelRequested"]>(row["cancel_request"]),
    quarantine: jsonOrNull<JobRecord["quarantine"]>(row["quarantine"]),
  };
}
