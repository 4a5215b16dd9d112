// A claim says who works on a snapshot. Every transaction of that work checks it, so that whoever lost it writes nothing more.
import { toTime } from "../clock.ts";
import type { Database, Write } from "../database/open.ts";
import { EtlError } from "../errors.ts";

export interface Claimant {
  /** The runtime's job: the same for all its attempts, of which one runs at a time. */
  readonly job: string;
  /** Unique for the attempt. */
  readonly token: string;
  readonly node: string;
}

export interface Claim {
  readonly snapshotId: number;
  readonly token: string;
  /** Which attempt at this snapshot it is, from 1; numbers its errors. */
  readonly attempt: number;
  readonly uploadId: string;
  readonly sizeBytes: number;
  readonly contentHash: string;
  readonly createdAt: string;
}

/** One atomic update that sets `processing` only where it is not set; null when somebody else has it, or there is no such snapshot. */
export async function takeClaim(database: Database, snapshotId: number, claimant: Claimant, nowMs: number): Promise<Claim | null> {
  return await database.write(async (transaction) => {
    await releaseClaims(transaction, { snapshotId, job: claimant.job });
    const row = await transaction
      .updateTable("hero_snapshots")
      .set(({ eb }) => ({
        processing: 1,
        processing_started_at: toTime(nowMs),
        claim_job: claimant.job,
        claim_token: claimant.token,
        claim_node: claimant.node,
        attempts: eb("attempts", "+", 1),
      }))
      .where("id", "=", snapshotId)
      .where("processing", "=", 0)
      .returning(["attempts", "raw", "size_bytes", "content_hash", "created_at"])
      .executeTakeFirst();
    if (row === undefined) return null;
    return {
      snapshotId,
      token: claimant.token,
      attempt: row.attempts,
      uploadId: row.raw,
      sizeBytes: row.size_bytes,
      contentHash: row.content_hash,
      createdAt: row.created_at,
    };
  });
}

export interface DeadClaim {
  readonly snapshotId: number;
  /** Only when this job has it. */
  readonly job: string;
}

/** Takes the claim of a job that is known to be dead; answers whether there was one. Counts as an error of the snapshot. */
export async function releaseClaims(transaction: Write, dead: DeadClaim): Promise<boolean> {
  const released = await transaction
    .updateTable("hero_snapshots")
    .set(({ eb }) => ({ ...NO_CLAIM, error_count: eb("error_count", "+", 1) }))
    .where("id", "=", dead.snapshotId)
    .where("processing", "=", 1)
    .where("claim_job", "=", dead.job)
    .executeTakeFirst();
  return released.numUpdatedRows > 0n;
}

export const NO_CLAIM = { processing: 0, processing_started_at: null, claim_job: null, claim_token: null, claim_node: null } as const;

/** @throws EtlError when the claim was taken away: somebody else may be at it by now. */
export async function assertClaim(transaction: Write, claim: Claim): Promise<void> {
  const held = await transaction
    .updateTable("hero_snapshots")
    .set({ claim_token: claim.token })
    .where("id", "=", claim.snapshotId)
    .where("processing", "=", 1)
    .where("claim_token", "=", claim.token)
    .executeTakeFirst();
  if (held.numUpdatedRows === 0n) throw new EtlError("CRASH", "the claim of this snapshot was taken away", { permanent: false });
}
