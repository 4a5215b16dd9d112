import { toTime } from "../clock.ts";
import type { Database, Write } from "../database/open.ts";
import { mergeExtra } from "../mapping/extra.ts";
import type { ProfileHead } from "../mapping/profile.ts";
import { isNewer } from "./newer.ts";
import type { Owner } from "./run.ts";
import { lockUser } from "./write-items.ts";

const TOP = 5;

/**
 * The row that answers in milliseconds, made from what the tables hold. Of an older snapshot only the troops and pets count, which the newer one lacks.
 * `cached_at` changes only when something else does: the same snapshot again leaves the same row.
 */
export async function writeSummary(database: Database, transaction: Write, owner: Owner, head: ProfileHead, guildId: number | null, nowMs: number): Promise<number> {
  await lockUser(database, transaction, owner.userId);
  const stored = await transaction.selectFrom("user_profile_summary").selectAll().where("user_id", "=", owner.userId).executeTakeFirst();
  const user = await transaction.selectFrom("users").select("username").where("id", "=", owner.userId).executeTakeFirstOrThrow();
  const outdated = stored !== undefined && isNewer(stored, owner);
  const petId = outdated ? stored.equipped_pet_id : head.equippedPetId;
  const own = outdated
    ? { level: stored.level, pvp_tier: stored.pvp_tier, guild_id: stored.guild_id, last_seen: stored.last_seen, snapshot_id: stored.snapshot_id, extra: stored.extra }
    : {
        level: head.level,
        pvp_tier: head.pvpTier,
        guild_id: guildId,
        last_seen: owner.lastSeen,
        snapshot_id: owner.snapshotId,
        extra: mergeExtra(stored?.extra ?? null, head.extra.fields),
      };
  const row = {
    user_id: owner.userId,
    namecode: head.namecode,
    username: user.username,
    ...own,
    equipped_pet_id: petId,
    top_troops: JSON.stringify(await readTopTroops(transaction, owner.userId)),
    equipped_pet: await readPet(transaction, owner.userId, petId),
  };
  if (stored !== undefined && Object.entries(row).every(([column, value]) => new Map(Object.entries(stored)).get(column) === value)) return 0;
  const complete = { ...row, cached_at: toTime(nowMs) };
  await transaction
    .insertInto("user_profile_summary")
    .values(complete)
    .onConflict((conflict) => conflict.column("user_id").doUpdateSet(complete))
    .execute();
  return 1;
}

async function readTopTroops(transaction: Write, userId: number): Promise<object[]> {
  return await transaction
    .selectFrom("user_troops")
    .select(["troop_id", "amount", "level"])
    .where("user_id", "=", userId)
    .where("amount", ">", 0)
    .orderBy("level", "desc")
    .orderBy("amount", "desc")
    .orderBy("troop_id")
    .limit(TOP)
    .execute();
}

async function readPet(transaction: Write, userId: number, petId: number | null): Promise<string | null> {
  if (petId === null) return null;
  const pet = await transaction.selectFrom("user_pets").select(["pet_id", "level"]).where("user_id", "=", userId).where("pet_id", "=", petId).executeTakeFirst();
  return pet === undefined ? null : JSON.stringify({ pet_id: pet.pet_id, level: pet.level });
}
