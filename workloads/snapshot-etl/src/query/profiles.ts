import type { Database } from "../database/open.ts";

export interface Summary {
  readonly namecode: string;
  readonly user_id: number;
  readonly username: string | null;
  readonly level: number | null;
  readonly top_troops: unknown;
  readonly equipped_pet: unknown;
  readonly pvp_tier: number | null;
  readonly guild: { readonly id: number; readonly name: string | null } | null;
  readonly last_seen: string;
  readonly cached_at: string;
}

export type FoundSummary = { readonly kind: "ready"; readonly summary: Summary } | { readonly kind: "pending" } | { readonly kind: "unknown" };

/** One row by an indexed key; only who is not there costs a second look. */
export async function findSummary(read: Database["read"], namecode: string): Promise<FoundSummary> {
  const row = await read
    .selectFrom("user_profile_summary as summary")
    .leftJoin("guilds", "guilds.id", "summary.guild_id")
    .select([
      "summary.namecode",
      "summary.user_id",
      "summary.username",
      "summary.level",
      "summary.top_troops",
      "summary.equipped_pet",
      "summary.pvp_tier",
      "summary.last_seen",
      "summary.cached_at",
      "guilds.external_id",
      "guilds.name as guild_name",
    ])
    .where("summary.namecode", "=", namecode)
    .executeTakeFirst();
  if (row === undefined) return { kind: (await isPending(read, namecode)) ? "pending" : "unknown" };
  const { external_id, guild_name, top_troops, equipped_pet, ...rest } = row;
  return {
    kind: "ready",
    summary: {
      ...rest,
      top_troops: JSON.parse(top_troops),
      equipped_pet: equipped_pet === null ? null : JSON.parse(equipped_pet),
      guild: external_id === null ? null : { id: external_id, name: guild_name },
    },
  };
}

/** Received, and not given up. */
async function isPending(read: Database["read"], namecode: string): Promise<boolean> {
  const row = await read
    .selectFrom("hero_snapshots")
    .innerJoin("work", "work.snapshot_id", "hero_snapshots.id")
    .select("hero_snapshots.id")
    .where("hero_snapshots.namecode", "=", namecode)
    .executeTakeFirst();
  return row !== undefined;
}

export interface StoredPayload {
  readonly id: number;
  readonly uploadId: string;
  readonly sizeBytes: number;
  readonly contentHash: string;
}

export async function findNewest(read: Database["read"], namecode: string): Promise<StoredPayload | null> {
  const row = await read
    .selectFrom("hero_snapshots")
    .select(["id", "raw", "size_bytes", "content_hash"])
    .where("namecode", "=", namecode)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .executeTakeFirst();
  return row === undefined ? null : { id: row.id, uploadId: row.raw, sizeBytes: row.size_bytes, contentHash: row.content_hash };
}
