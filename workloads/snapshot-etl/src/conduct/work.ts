// The table of what is still to be done. The runtime's queue is made from it, and can be made again.
import type { Database, Write } from "../database/open.ts";
import { PRIORITIES, TYPES, type ProcessType } from "../work-types.ts";

export interface NewWork {
  readonly snapshotId: number;
  readonly type: ProcessType;
  readonly priority: number;
  readonly now: string;
  readonly correlationId?: string | null;
  readonly backfillId?: string | null;
}

/** Puts a snapshot on the list, or starts it over: no attempts so far, due now, taken by nobody. */
export async function putWork(transaction: Write, work: NewWork): Promise<void> {
  const fresh = { type: work.type, priority: work.priority, attempt: 0, due_at: work.now, job_id: null, node: null, outcome: null, enqueued_at: work.now };
  const names = { correlation_id: work.correlationId ?? null, backfill_id: work.backfillId ?? null };
  await transaction
    .insertInto("work")
    .values({ snapshot_id: work.snapshotId, ...fresh, ...names })
    .onConflict((conflict) => conflict.column("snapshot_id").doUpdateSet({ ...fresh, ...names }))
    .execute();
}

export interface QuarantineEntry {
  readonly snapshotId: number;
  readonly reason: string;
  readonly errorType: string | null;
  readonly now: string;
}

/** From here on the snapshot does not run in the normal lane, until it is released. */
export async function quarantine(transaction: Write, entry: QuarantineEntry): Promise<void> {
  const fresh = { reason: entry.reason, error_type: entry.errorType, created_at: entry.now, released_at: null };
  await transaction
    .insertInto("snapshot_quarantine")
    .values({ snapshot_id: entry.snapshotId, ...fresh })
    .onConflict((conflict) => conflict.column("snapshot_id").doUpdateSet(fresh))
    .execute();
}

export async function isQuarantined(read: Pick<Database["read"], "selectFrom">, snapshotId: number): Promise<boolean> {
  const row = await read.selectFrom("snapshot_quarantine").select("snapshot_id").where("snapshot_id", "=", snapshotId).where("released_at", "is", null).executeTakeFirst();
  return row !== undefined;
}

/** The lane a snapshot may take now, and how urgent it is there. */
export function typeFor(quarantined: boolean, wish: ProcessType): ProcessType {
  return quarantined ? TYPES.highmem : wish;
}

export function priorityOf(type: ProcessType, wish: keyof typeof PRIORITIES): number {
  return type === TYPES.highmem && wish !== "backfill" ? PRIORITIES.interactive : PRIORITIES[wish];
}

/** Snapshots that wait or run, by type. */
export async function countWork(read: Database["read"]): Promise<ReadonlyMap<string, number>> {
  const rows = await read
    .selectFrom("work")
    .select(({ fn }) => ["type", fn.countAll<number>().as("count")])
    .where("outcome", "is", null)
    .groupBy("type")
    .execute();
  return new Map(rows.map(({ type, count }) => [type, Number(count)]));
}
