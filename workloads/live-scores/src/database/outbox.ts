import type { Database, Write } from "./database.ts";

export interface OutboxLimits {
  readonly items: number;
  readonly bytes: number;
}

export const OUTBOX_LIMITS: OutboxLimits = { items: 1000, bytes: 10 * 1024 * 1024 };

/** Drops the oldest items that are not critical until the limits hold; critical ones stay, whatever the limits say. Returns how many were dropped. */
export async function trimOutbox(write: Write, limits: OutboxLimits): Promise<number> {
  const { items, bytes } = await measure(write);
  if (items <= limits.items && bytes <= limits.bytes) return 0;
  let [tooMany, tooLarge] = [items - limits.items, bytes - limits.bytes];
  const oldest = await write
    .selectFrom("outbox")
    .select(({ fn }) => ["id", fn<number>("length", ["payload"]).as("bytes")])
    .where("critical", "=", 0)
    .orderBy("id")
    .execute();
  const dropped: number[] = [];
  for (const item of oldest) {
    if (tooMany <= 0 && tooLarge <= 0) break;
    dropped.push(item.id);
    tooMany -= 1;
    tooLarge -= Number(item.bytes);
  }
  if (dropped.length > 0) await write.deleteFrom("outbox").where("id", "in", dropped).execute();
  return dropped.length;
}

async function measure(write: Write): Promise<{ readonly items: number; readonly bytes: number }> {
  const row = await write
    .selectFrom("outbox")
    .select(({ fn }) => [fn.countAll<number>().as("items"), fn.sum<number>(fn("length", ["payload"])).as("bytes")])
    .executeTakeFirst();
  return { items: Number(row?.items ?? 0), bytes: Number(row?.bytes ?? 0) };
}

export async function nextBatch(database: Database, size: number): Promise<readonly { readonly id: number; readonly payload: string }[]> {
  return await database.read.selectFrom("outbox").select(["id", "payload"]).orderBy("id").limit(size).execute();
}

export async function removeDelivered(database: Database, ids: readonly number[]): Promise<void> {
  await database.write((write) => write.deleteFrom("outbox").where("id", "in", ids).execute());
}

export async function outboxDepth(database: Database): Promise<number> {
  const row = await database.read
    .selectFrom("outbox")
    .select(({ fn }) => fn.countAll<number>().as("items"))
    .executeTakeFirst();
  return Number(row?.items ?? 0);
}
