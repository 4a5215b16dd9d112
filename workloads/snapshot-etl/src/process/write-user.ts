import type { Write } from "../database/open.ts";
import type { ProfileHead } from "../mapping/profile.ts";
import { isNewer } from "./newer.ts";
import type { Owner } from "./run.ts";

/** The user by namecode, made when new. A name that is missing keeps the old one; mail and chat id are never touched. Of an older snapshot only what was never known is taken. */
export async function writeUser(transaction: Write, head: ProfileHead, seen: Omit<Owner, "userId">): Promise<number> {
  const row = { username: head.username, last_seen: seen.lastSeen, snapshot_id: seen.snapshotId };
  const made = await transaction
    .insertInto("users")
    .values({ namecode: head.namecode, ...row, discord_user_id: null, email: null })
    .onConflict((conflict) => conflict.column("namecode").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (made !== undefined) return made.id;
  // The update that changes nothing takes the row's lock, so that what is read next stays true.
  await transaction.updateTable("users").set({ namecode: head.namecode }).where("namecode", "=", head.namecode).execute();
  const known = await transaction.selectFrom("users").select(["id", "username", "last_seen", "snapshot_id"]).where("namecode", "=", head.namecode).executeTakeFirstOrThrow();
  const change = isNewer(known, seen) ? { username: known.username ?? head.username } : { ...row, username: head.username ?? known.username };
  await transaction.updateTable("users").set(change).where("id", "=", known.id).execute();
  return known.id;
}

/** The guild and the membership. Memberships of other guilds stay: rows that are absent from a newer snapshot do. */
export async function writeGuild(transaction: Write, guild: NonNullable<ProfileHead["guild"]>, owner: Owner): Promise<number> {
  const seen = { last_seen: owner.lastSeen, snapshot_id: owner.snapshotId };
  await transaction
    .insertInto("guilds")
    .values({ external_id: guild.externalId, name: guild.name, ...seen })
    .onConflict((conflict) => conflict.column("external_id").doUpdateSet(({ ref }) => ({ external_id: ref("excluded.external_id") })))
    .execute();
  const known = await transaction.selectFrom("guilds").select(["id", "name", "last_seen", "snapshot_id"]).where("external_id", "=", guild.externalId).executeTakeFirstOrThrow();
  if (!isNewer(known, owner))
    await transaction
      .updateTable("guilds")
      .set({ ...seen, name: guild.name ?? known.name })
      .where("id", "=", known.id)
      .execute();
  await writeMember(transaction, known.id, guild.rank, owner);
  return known.id;
}

async function writeMember(transaction: Write, guildId: number, rank: number | null, owner: Owner): Promise<void> {
  const row = { rank, last_seen: owner.lastSeen, snapshot_id: owner.snapshotId };
  const member = await transaction
    .selectFrom("guild_members")
    .select(["last_seen", "snapshot_id"])
    .where("guild_id", "=", guildId)
    .where("user_id", "=", owner.userId)
    .executeTakeFirst();
  if (member !== undefined && isNewer(member, owner)) return;
  await transaction
    .insertInto("guild_members")
    .values({ guild_id: guildId, user_id: owner.userId, ...row })
    .onConflict((conflict) => conflict.columns(["guild_id", "user_id"]).doUpdateSet(row))
    .execute();
}
