import type { Database } from "../database/open.ts";
import { isProcessType, TYPES } from "../work-types.ts";
import type { WorkRow } from "./settle.ts";

const COLUMNS = ["snapshot_id", "type", "priority", "attempt", "due_at", "job_id", "correlation_id", "enqueued_at", "backfill_id", "outcome"] as const;

export async function findWork(read: Database["read"], snapshotId: number): Promise<WorkRow | null> {
  const row = await read.selectFrom("work").select(COLUMNS).where("snapshot_id", "=", snapshotId).executeTakeFirst();
  return row === undefined ? null : { ...row, type: isProcessType(row.type) ? row.type : TYPES.process };
}
