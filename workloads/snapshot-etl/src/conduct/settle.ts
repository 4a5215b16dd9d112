// What the end of a job changes in the tables, each in one transaction: a second call for the same end finds nothing to do.
import type { Write } from "../database/open.ts";
import { countItem } from "../backfill/count-item.ts";
import { toTime } from "../clock.ts";
import { releaseClaims } from "../process/claim.ts";
import { writeEtlErrors } from "../process/etl-errors.ts";
import { TYPES, type ProcessType } from "../work-types.ts";
import { OOM_REASON, type Failure } from "./classify-end.ts";
import { audit } from "./flags.ts";
import type { Next } from "./decide-next.ts";
import { putWork, quarantine } from "./work.ts";

export interface WorkRow {
  readonly snapshot_id: number;
  readonly type: ProcessType;
  readonly priority: number;
  readonly attempt: number;
  readonly job_id: string | null;
  readonly correlation_id: string | null;
  readonly enqueued_at: string;
  readonly due_at: string;
  readonly backfill_id: string | null;
  readonly outcome: string | null;
}

/** The snapshot is through: counted for its backfill, and off the list. */
export async function settleDone(transaction: Write, work: WorkRow, outcome: string): Promise<void> {
  if (work.backfill_id !== null) await countItem(transaction, work.backfill_id, work.snapshot_id, outcome);
  await transaction.deleteFrom("work").where("snapshot_id", "=", work.snapshot_id).execute();
}

export interface FailedEnd {
  readonly work: WorkRow;
  /** The job that ended; its claim, if it has one, is taken from it. */
  readonly jobId: string;
  readonly failure: Failure;
  readonly next: Next;
  readonly nowMs: number;
}

/** Answers whether the snapshot is still there; without it there is nothing left to do, whatever was to come next. */
export async function settleFailed(transaction: Write, end: FailedEnd): Promise<boolean> {
  const snapshot = await transaction.selectFrom("hero_snapshots").select("attempts").where("id", "=", end.work.snapshot_id).executeTakeFirst();
  if (snapshot === undefined) await settleDone(transaction, end.work, "dropped");
  else await settleNext(transaction, end, snapshot.attempts);
  return snapshot !== undefined;
}

/** @param attempts of the snapshot, with the one that failed when its worker had claimed it */
async function settleNext(transaction: Write, end: FailedEnd, attempts: number): Promise<void> {
  await recordFailure(transaction, end, attempts);
  const { work, next, nowMs } = end;
  const now = toTime(nowMs);
  if (next.kind === "retry") {
    await transaction
      .updateTable("work")
      .set({ attempt: work.attempt + 1, due_at: toTime(nowMs + next.pauseMs), job_id: null })
      .where("snapshot_id", "=", work.snapshot_id)
      .execute();
    return;
  }
  if (next.kind === "dead-letter") return await bury(transaction, end, next.reason);
  await quarantine(transaction, { snapshotId: work.snapshot_id, reason: OOM_REASON, errorType: "OOM", now });
  await audit(transaction, { actor: "system", action: "quarantine", target: `snapshot ${work.snapshot_id}`, details: { cause: end.failure.cause, next: next.kind }, now });
  if (next.kind === "quarantine-and-retry")
    await putWork(transaction, {
      snapshotId: work.snapshot_id,
      type: TYPES.highmem,
      priority: 10,
      correlationId: work.correlation_id,
      backfillId: work.backfill_id,
      now,
    });
  else {
    await markFailed(transaction, work.snapshot_id);
    await settleDone(transaction, work, "failed");
  }
}

/** Error row, claim and counters. Whether the worker had claimed it or died before: one failed attempt is one error. */
async function recordFailure(transaction: Write, { work, jobId, failure, next, nowMs }: FailedEnd, attempts: number): Promise<void> {
  const snapshotId = work.snapshot_id;
  const released = await releaseClaims(transaction, { snapshotId, job: jobId });
  const attempt = released ? attempts : attempts + 1;
  const permanent = next.kind === "dead-letter" && failure.permanent;
  await writeEtlErrors(transaction, { snapshotId, attempt, now: toTime(nowMs) }, [
    { entity: "snapshot", type: failure.type, message: failure.message, details: { id: String(snapshotId), cause: failure.cause, lane: work.type }, permanent },
  ]);
  await transaction
    .updateTable("hero_snapshots")
    .set(({ eb }) => ({
      attempts: attempt,
      error_count: eb("error_count", "+", released ? 0 : 1),
      last_error: JSON.stringify({ attempt, entity: "snapshot", type: failure.type, cause: failure.cause, message: failure.message }),
    }))
    .where("id", "=", snapshotId)
    .execute();
}

async function bury(transaction: Write, { work, jobId, nowMs, failure }: FailedEnd, reason: string): Promise<void> {
  const payload = { snapshot_id: work.snapshot_id, correlation_id: work.correlation_id, enqueue_ts: work.enqueued_at };
  await transaction
    .insertInto("dead_letters")
    .values({ job_id: jobId, snapshot_id: work.snapshot_id, type: work.type, payload: JSON.stringify(payload), reason, created_at: toTime(nowMs) })
    .execute();
  await markFailed(transaction, work.snapshot_id);
  await audit(transaction, {
    actor: "system",
    action: "dead-letter",
    target: `snapshot ${work.snapshot_id}`,
    details: { type: failure.type, cause: failure.cause },
    now: toTime(nowMs),
  });
  await settleDone(transaction, work, "failed");
}

async function markFailed(transaction: Write, snapshotId: number): Promise<void> {
  await transaction.updateTable("hero_snapshots").set({ result: "failed", processed_at: null }).where("id", "=", snapshotId).execute();
}
