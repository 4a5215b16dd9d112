import { priorityOf, putWork, quarantine } from "../conduct/work.ts";
import type { Database, Write } from "../database/open.ts";
import { Refusal } from "../errors.ts";
import { TYPES, type PriorityName } from "../work-types.ts";
import type { Received } from "./receive.ts";

export interface NewSnapshot {
  readonly uploadId: string;
  readonly source: string;
  readonly namecode: string | null;
  readonly priority: PriorityName;
  readonly correlationId: string | null;
  readonly received: Received;
}

export interface StoreRules {
  readonly dedupeMs: number;
  readonly sizeGuardBytes: number;
}

export type Stored =
  | { readonly kind: "stored"; readonly snapshotId: number; readonly quarantined: boolean; readonly createdAt: string }
  | { readonly kind: "duplicate"; readonly snapshotId: number };

/**
 * The last step of an ingest, in one transaction: the last piece, the snapshot, and what is to be done with it.
 * The same bytes within the window are counted at the snapshot that has them; nothing of the new upload stays.
 * @throws Refusal `UPLOAD_EXPIRED` when the pieces before the last one are gone
 */
export async function storeSnapshot(transaction: Write, snapshot: NewSnapshot, rules: StoreRules, nowMs: number): Promise<Stored> {
  const now = new Date(nowMs).toISOString();
  const known = await takeHash(transaction, snapshot, now, new Date(nowMs - rules.dedupeMs).toISOString());
  if (known !== null) {
    await dropUpload(transaction, snapshot.uploadId);
    await transaction
      .updateTable("hero_snapshots")
      .set(({ eb }) => ({ duplicate_count: eb("duplicate_count", "+", 1) }))
      .where("id", "=", known)
      .execute();
    return { kind: "duplicate", snapshotId: known };
  }
  const { received } = snapshot;
  const entered = await transaction.deleteFrom("uploads").where("upload_id", "=", snapshot.uploadId).executeTakeFirst();
  if (received.lastPiece > 0 && entered.numDeletedRows === 0n) throw expired();
  await transaction.insertInto("snapshot_pieces").values({ upload_id: snapshot.uploadId, piece: received.lastPiece, bytes: received.last }).execute();
  const { id } = await transaction
    .insertInto("hero_snapshots")
    .values({
      user_id: null,
      namecode: snapshot.namecode,
      source: snapshot.source,
      raw: snapshot.uploadId,
      size_bytes: received.sizeBytes,
      content_hash: received.contentHash,
      server_time: null,
      processing_started_at: null,
      claim_job: null,
      claim_token: null,
      claim_node: null,
      processed_at: null,
      result: null,
      last_error: null,
      created_at: now,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const guarded = received.sizeBytes > rules.sizeGuardBytes;
  if (guarded) await quarantine(transaction, { snapshotId: id, reason: "size_guard", errorType: null, now });
  const type = guarded ? TYPES.highmem : TYPES.process;
  await putWork(transaction, { snapshotId: id, type, priority: priorityOf(type, snapshot.priority), correlationId: snapshot.correlationId, now });
  return { kind: "stored", snapshotId: id, quarantined: guarded, createdAt: now };
}

/** Enters the hash, unless it was entered within the window: then the snapshot that has these bytes. The row's lock puts two equal ingests in a row. */
async function takeHash(transaction: Write, { uploadId, received }: NewSnapshot, now: string, windowStart: string): Promise<number | null> {
  const taken = await transaction
    .insertInto("recent_hashes")
    .values({ content_hash: received.contentHash, upload_id: uploadId, received_at: now })
    .onConflict((conflict) => conflict.column("content_hash").doUpdateSet({ upload_id: uploadId, received_at: now }).where("recent_hashes.received_at", "<=", windowStart))
    .returning("upload_id")
    .executeTakeFirst();
  if (taken !== undefined) return null;
  const first = await transaction
    .selectFrom("hero_snapshots")
    .innerJoin("recent_hashes", "recent_hashes.upload_id", "hero_snapshots.raw")
    .select("hero_snapshots.id")
    .where("recent_hashes.content_hash", "=", received.contentHash)
    .executeTakeFirst();
  if (first !== undefined) return first.id;
  // The snapshot has been archived meanwhile: these bytes are new again.
  await transaction.updateTable("recent_hashes").set({ upload_id: uploadId, received_at: now }).where("content_hash", "=", received.contentHash).execute();
  return null;
}

/** Drops what came of an upload. One that is not entered (any more) has become a snapshot or was dropped before: there is nothing of it to drop. */
export async function dropUpload(transaction: Write, uploadId: string): Promise<void> {
  const dropped = await transaction.deleteFrom("uploads").where("upload_id", "=", uploadId).executeTakeFirst();
  if (dropped.numDeletedRows > 0n) await transaction.deleteFrom("snapshot_pieces").where("upload_id", "=", uploadId).execute();
}

/** Where pieces go before the last one: the upload is entered with its first piece, so that what nobody finishes can be found. */
export function createPieceStore(database: Database, uploadId: string, node: string, now: () => string) {
  return {
    /** @throws Refusal `UPLOAD_EXPIRED` when the pieces before this one are gone */
    async put(piece: number, bytes: Uint8Array): Promise<void> {
      await database.write(async (transaction) => {
        if (piece === 0) await transaction.insertInto("uploads").values({ upload_id: uploadId, node, started_at: now() }).execute();
        else await holdUpload(transaction, uploadId, node);
        await transaction.insertInto("snapshot_pieces").values({ upload_id: uploadId, piece, bytes }).execute();
      });
    },
  };
}

/** The update that changes nothing takes the row's lock: no sweep drops the upload while a piece is added to it. */
async function holdUpload(transaction: Write, uploadId: string, node: string): Promise<void> {
  const held = await transaction.updateTable("uploads").set({ node }).where("upload_id", "=", uploadId).executeTakeFirst();
  if (held.numUpdatedRows === 0n) throw expired();
}

function expired(): Refusal {
  return new Refusal("UPLOAD_EXPIRED", "the payload took too long, and what had come of it was dropped; send it again");
}
