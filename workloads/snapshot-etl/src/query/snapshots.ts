import type { Database } from "../database/open.ts";

/** Everything an operator wants to know of one snapshot; never its payload. Null when there is none. */
export async function readStatus(read: Database["read"], snapshotId: number): Promise<object | null> {
  const row = await read
    .selectFrom("hero_snapshots as snapshot")
    .leftJoin("work", "work.snapshot_id", "snapshot.id")
    .leftJoin("snapshot_quarantine as held", "held.snapshot_id", "snapshot.id")
    .select([
      "snapshot.id",
      "snapshot.user_id",
      "snapshot.namecode",
      "snapshot.source",
      "snapshot.size_bytes",
      "snapshot.content_hash",
      "snapshot.server_time",
      "snapshot.processing",
      "snapshot.processing_started_at",
      "snapshot.processed_at",
      "snapshot.result",
      "snapshot.attempts",
      "snapshot.error_count",
      "snapshot.last_error",
      "snapshot.duplicate_count",
      "snapshot.created_at",
      "work.type as job_type",
      "work.job_id",
      "work.due_at",
      "work.attempt as failed_attempts",
      "held.reason as quarantine_reason",
      "held.created_at as quarantined_at",
      "held.released_at",
    ])
    .where("snapshot.id", "=", snapshotId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { id, processing, last_error, job_type, job_id, due_at, failed_attempts, quarantine_reason, quarantined_at, released_at, ...rest } = row;
  const errors = await read
    .selectFrom("etl_errors")
    .select(["attempt", "entity", "error_type", "message", "details", "permanent", "created_at"])
    .where("snapshot_id", "=", snapshotId)
    .orderBy("attempt", "desc")
    .limit(100)
    .execute();
  return {
    snapshot_id: id,
    status: statusOf(row),
    ...rest,
    processing: processing === 1,
    last_error: last_error === null ? null : JSON.parse(last_error),
    quarantine: quarantine_reason === null || released_at !== null ? null : { reason: quarantine_reason, since: quarantined_at },
    work: job_type === null ? null : { type: job_type, job_id, due_at, failed_attempts },
    errors: errors.map((error) => Object.assign(error, { details: JSON.parse(error.details), permanent: error.permanent === 1 })),
  };
}

function statusOf(row: {
  readonly processing: number;
  readonly job_type: string | null;
  readonly result: string | null;
  readonly quarantine_reason: string | null;
  readonly released_at: string | null;
}): string {
  if (row.processing === 1) return "processing";
  if (row.job_type !== null) return "queued";
  if (row.result !== null && row.result !== "failed") return row.result;
  return row.quarantine_reason !== null && row.released_at === null ? "quarantined" : (row.result ?? "stored");
}

export async function listQuarantine(read: Database["read"], limit: number): Promise<object[]> {
  return await read
    .selectFrom("snapshot_quarantine as held")
    .leftJoin("hero_snapshots as snapshot", "snapshot.id", "held.snapshot_id")
    .select(["held.snapshot_id", "held.reason", "held.error_type", "held.created_at", "snapshot.namecode", "snapshot.size_bytes", "snapshot.result", "snapshot.processed_at"])
    .where("held.released_at", "is", null)
    .orderBy("held.created_at")
    .orderBy("held.snapshot_id")
    .limit(limit)
    .execute();
}

export async function listDeadLetters(read: Database["read"], limit: number): Promise<object[]> {
  const rows = await read.selectFrom("dead_letters").select(["id", "job_id", "snapshot_id", "type", "payload", "reason", "created_at"]).orderBy("id").limit(limit).execute();
  return rows.map((row) => Object.assign(row, { payload: JSON.parse(row.payload) }));
}
