import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { toTime, type Clock } from "../clock.ts";
import type { Database } from "../database/open.ts";
import { createPieceSource } from "../parse/read-pieces.ts";
import type { StoredPayload } from "../query/profiles.ts";

export interface ArchivePorts {
  readonly database: Database;
  readonly directory: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** An archive, or the payload that it was made of, is not what was received. */
export class ReadBackError extends Error {
  override readonly name = "ReadBackError";
  readonly code = "archive_mismatch";
  /** Read by the runtime: another attempt finds the same. */
  readonly retryable = false;
}

/**
 * Writes the payload as gzip, reads that back, and only when it has the snapshot's own checksum deletes the snapshot.
 * Null when there is work for it again, which keeps it, or when somebody else has archived it meanwhile. Files that stand are never removed, only replaced by the next archive
 * of the same snapshot: by now one may be somebody else's.
 * @throws ReadBackError when what was read back is not what was received; nothing is deleted then
 */
export async function archiveSnapshot(ports: ArchivePorts, snapshot: StoredPayload): Promise<string | null> {
  await mkdir(ports.directory, { recursive: true });
  const path = join(ports.directory, `snapshot-${snapshot.id}.json.gz`);
  // Of this archive alone: a command may be at the same snapshot as a server, or two servers.
  const unfinished = `${path}.${randomUUID()}${UNFINISHED}`;
  try {
    const pieces = createPieceSource(ports.database.read, snapshot.uploadId);
    await pipeline(Readable.from(pieces()), createGzip(), createWriteStream(unfinished), { signal: ports.signal });
    await toDisk(unfinished);
    const readBack = await hashOf(unfinished, ports.signal);
    if (readBack !== snapshot.contentHash)
      throw new ReadBackError(
        `the archive of snapshot ${snapshot.id} does not have its checksum (${readBack.slice(0, 12)}… instead of ${snapshot.contentHash.slice(0, 12)}…); the snapshot is kept`,
      );
    await rename(unfinished, path);
    await toDisk(ports.directory);
  } catch (error) {
    await rm(unfinished, { force: true });
    // Archived by somebody else, who took the pieces away while they were read.
    if (error instanceof ReadBackError && !(await isThere(ports, snapshot))) return null;
    throw error;
  }
  return (await forget(ports, snapshot, path)) ? path : null;
}

const UNFINISHED = ".part";
const UNFINISHED_MS_MAX = 3_600_000;

/** Removes what archivers that were killed have begun. */
export async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (!name.endsWith(UNFINISHED)) continue;
    const found = await stat(join(directory, name)).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > UNFINISHED_MS_MAX) await rm(join(directory, name), { force: true });
  }
}

async function isThere({ database }: ArchivePorts, { id }: StoredPayload): Promise<boolean> {
  return (await database.read.selectFrom("hero_snapshots").select("id").where("id", "=", id).executeTakeFirst()) !== undefined;
}

async function toDisk(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** SHA-256 of what the archive unpacks to. */
export async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const count = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      done();
    },
  });
  await pipeline(createReadStream(path), createGunzip(), count, { signal });
  return hash.digest("hex");
}

/** Answers false, and deletes nothing, when somebody has taken the snapshot up, or archived it, since it was chosen. */
async function forget({ database, clock }: ArchivePorts, { id, uploadId, sizeBytes, contentHash }: StoredPayload, path: string): Promise<boolean> {
  const archive = { path, checksum: contentHash, original_size: sizeBytes, archived_at: toTime(clock.nowMs()) };
  return await database.write(async (transaction) => {
    const deleted = await transaction
      .deleteFrom("hero_snapshots")
      .where("id", "=", id)
      .where("processing", "=", 0)
      .where(({ not, exists, selectFrom }) => not(exists(selectFrom("work").select("snapshot_id").where("snapshot_id", "=", id))))
      .executeTakeFirst();
    if (deleted.numDeletedRows === 0n) return false;
    await transaction
      .insertInto("archives")
      .values({ snapshot_id: id, ...archive })
      .onConflict((conflict) => conflict.column("snapshot_id").doUpdateSet(archive))
      .execute();
    await transaction.deleteFrom("snapshot_pieces").where("upload_id", "=", uploadId).execute();
    await transaction.deleteFrom("etl_errors").where("snapshot_id", "=", id).execute();
    await transaction.deleteFrom("snapshot_quarantine").where("snapshot_id", "=", id).execute();
    await transaction.deleteFrom("dead_letters").where("snapshot_id", "=", id).execute();
    return true;
  });
}
