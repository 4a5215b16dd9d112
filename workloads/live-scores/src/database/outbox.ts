import { sql } from "kysely";
import type { Database, Write } from "./database.ts";

export interface OutboxSize {
  readonly items: number;
  readonly bytes: number;
}

export const OUTBOX_LIMITS: OutboxSize = { items: 1000, bytes: 10 * 1024 * 1024 };

/** Looked at in one go; an answer adds at most six. */
const DROPPED_AT_ONCE = 20;

type Readable = Pick<Database["read"], "selectFrom"> | Pick<Write, "selectFrom">;

/**
 * Drops the oldest items that are not critical until the limits hold; critical ones stay, whatever the limits say. Returns how many were dropped.
 * What this costs does not depend on how much waits: a sink that is down for a night must not slow down the matches.
 */
export async function trimOutbox(write: Write, limits: OutboxSize): Promise<number> {
  for (let dropped = 0; ;) {
    const waiting = await readTotals(write);
    const over = { items: waiting.items - limits.items, bytes: waiting.bytes - limits.bytes };
    if (over.items <= 0 && over.bytes <= 0) return dropped;
    const ids = surplus(await droppable(write).execute(), over);
    if (ids.length === 0) return dropped;
    await write.deleteFrom("outbox").where("id", "in", ids).execute();
    dropped += ids.length;
  }
}

/** The oldest items that may be dropped. */
export function droppable(read: Readable) {
  return (
    read
      .selectFrom("outbox")
      .select(({ fn }) => ["id", fn<number>("octet_length", ["payload"]).as("bytes")])
      // Not a parameter: only so is it the condition of the index.
      .where("critical", "=", sql.lit(0))
      .orderBy("id")
      .limit(DROPPED_AT_ONCE)
  );
}

/** Those that have to go until neither items nor bytes are too many. Pure. */
function surplus(oldest: readonly { readonly id: number; readonly bytes: number }[], over: OutboxSize): number[] {
  const ids: number[] = [];
  let bytes = 0;
  for (const item of oldest) {
    if (ids.length >= over.items && bytes >= over.bytes) break;
    ids.push(item.id);
    bytes += item.bytes;
  }
  return ids;
}

async function readTotals(read: Readable): Promise<OutboxSize> {
  return await read.selectFrom("outbox_totals").select(["items", "bytes"]).executeTakeFirstOrThrow();
}

export async function nextBatch(database: Database, size: number): Promise<readonly { readonly id: number; readonly payload: string }[]> {
  return await database.read.selectFrom("outbox").select(["id", "payload"]).orderBy("id").limit(size).execute();
}

export async function removeDelivered(database: Database, ids: readonly number[]): Promise<void> {
  await database.write((write) => write.deleteFrom("outbox").where("id", "in", ids).execute());
}

export async function outboxDepth(database: Database): Promise<number> {
  return (await readTotals(database.read)).items;
}
