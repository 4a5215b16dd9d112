import type { Write } from "../database/open.ts";

/** Counts one snapshot of a backfill; the same one again changes nothing, so that a restart repeats nothing countable. */
export async function countItem(transaction: Write, jobId: string, snapshotId: number, outcome: string): Promise<void> {
  const job = await transaction.updateTable("backfill_jobs").set({ job_id: jobId }).where("job_id", "=", jobId).returning(["processed_count", "error_count"]).executeTakeFirst();
  if (job === undefined) return;
  const failed = outcome === "failed";
  const place = job.processed_count + 1;
  const counted = await transaction
    .insertInto("backfill_items")
    .values({ job_id: jobId, snapshot_id: snapshotId, outcome, place })
    .onConflict((conflict) => conflict.columns(["job_id", "snapshot_id"]).doNothing())
    .executeTakeFirst();
  if ((counted.numInsertedOrUpdatedRows ?? 0n) === 0n) return;
  await transaction
    .updateTable("backfill_jobs")
    .set({ processed_count: place, error_count: job.error_count + Number(failed) })
    .where("job_id", "=", jobId)
    .execute();
}
