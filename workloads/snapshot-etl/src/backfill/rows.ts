import type { Database, Write } from "../database/open.ts";

export const BACKFILL_STATES = ["pending", "running", "paused", "failed", "done"] as const;
export type BackfillState = (typeof BACKFILL_STATES)[number];

export interface BackfillRequest {
  /** Snapshots received from here … */
  readonly from: string;
  /** … to before here. */
  readonly to: string;
  /** Snapshots looked up at once. */
  readonly batchSize: number;
  /** Snapshots processed at once. */
  readonly concurrency: number;
  readonly owner: string;
  /** The first so many run one at a time, and none of them may fail. */
  readonly canary: number;
}

export interface Checkpoint {
  readonly created_at: string;
  readonly id: number;
}

export interface BackfillRow {
  readonly job_id: string;
  readonly owner: string;
  readonly from_ts: string;
  readonly to_ts: string;
  readonly batch_size: number;
  readonly concurrency: number;
  readonly canary: number;
  readonly status: BackfillState;
  readonly pause_reason: string | null;
  readonly processed_count: number;
  readonly error_count: number;
  /** `processed_count` at the last resume: what failed before is no reason to pause again. */
  readonly judged_from: number;
  readonly last_checkpoint: Checkpoint | null;
  readonly node: string | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

export async function createBackfill(transaction: Write, jobId: string, request: BackfillRequest, node: string, now: string): Promise<void> {
  await transaction
    .insertInto("backfill_jobs")
    .values({
      job_id: jobId,
      owner: request.owner,
      from_ts: request.from,
      to_ts: request.to,
      batch_size: request.batchSize,
      concurrency: request.concurrency,
      canary: request.canary,
      status: "pending",
      pause_reason: null,
      processed_count: 0,
      error_count: 0,
      last_checkpoint: null,
      node,
      created_at: now,
      started_at: null,
      finished_at: null,
    })
    .execute();
}

export async function findBackfill(read: Database["read"], jobId: string): Promise<BackfillRow | null> {
  const row = await read.selectFrom("backfill_jobs").selectAll().where("job_id", "=", jobId).executeTakeFirst();
  if (row === undefined) return null;
  return { ...row, status: BACKFILL_STATES.find((state) => state === row.status) ?? "failed", last_checkpoint: readCheckpoint(row.last_checkpoint) };
}

function readCheckpoint(text: string | null): Checkpoint | null {
  if (text === null) return null;
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("created_at" in value) || !("id" in value)) return null;
  return { created_at: String(value.created_at), id: Number(value.id) };
}

/** The next snapshots of the range after the checkpoint, in order. */
export async function nextSnapshots(read: Database["read"], job: BackfillRow, after: Checkpoint | null, limit: number): Promise<readonly Checkpoint[]> {
  let query = read.selectFrom("hero_snapshots").select(["id", "created_at"]).where("created_at", ">=", job.from_ts).where("created_at", "<", job.to_ts);
  if (after !== null)
    query = query.where(({ eb, or, and }) => or([eb("created_at", ">", after.created_at), and([eb("created_at", "=", after.created_at), eb("id", ">", after.id)])]));
  return await query.orderBy("created_at").orderBy("id").limit(limit).execute();
}

export interface Extent {
  readonly count: number;
  readonly bytes: number;
}

/** What a backfill of this range would process. */
export async function measureRange(read: Database["read"], from: string, to: string): Promise<Extent> {
  const row = await read
    .selectFrom("hero_snapshots")
    .select(({ fn }) => [fn.countAll<number>().as("count"), fn.sum<number | null>("size_bytes").as("bytes")])
    .where("created_at", ">=", from)
    .where("created_at", "<", to)
    .executeTakeFirstOrThrow();
  return { count: Number(row.count), bytes: Number(row.bytes ?? 0) };
}

export async function isCounted(read: Pick<Database["read"], "selectFrom">, jobId: string, snapshotId: number): Promise<boolean> {
  return (await read.selectFrom("backfill_items").select("snapshot_id").where("job_id", "=", jobId).where("snapshot_id", "=", snapshotId).executeTakeFirst()) !== undefined;
}

/** Failed ones among the last, as far as they came after the last resume. */
export async function failedOfLast(read: Database["read"], job: BackfillRow, window: number): Promise<number> {
  const row = await read
    .selectFrom("backfill_items")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("job_id", "=", job.job_id)
    .where("place", ">", Math.max(job.processed_count - window, job.judged_from))
    .where("outcome", "=", "failed")
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
