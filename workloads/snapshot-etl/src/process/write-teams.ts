import { insertRows } from "workload-database";
import type { Database, Write } from "../database/open.ts";
import type { TeamRow } from "../mapping/teams.ts";
import { isNewer, notNewerSql } from "./newer.ts";
import type { Owner } from "./run.ts";
import { lockUser, placeInCatalog } from "./write-items.ts";

/** Upserts teams by their slot, with their troops. Nothing is written when the user is known from a newer snapshot: its teams are the ones that count. */
export async function writeTeams(database: Database, transaction: Write, owner: Owner, teams: readonly TeamRow[]): Promise<number> {
  if (await isOutdated(database, transaction, owner)) return 0;
  await placeInCatalog(
    transaction,
    "troop",
    teams.flatMap(({ troopIds }) => troopIds),
  );
  const written = await insertRows(transaction, {
    table: "user_teams",
    columns: { user_id: "bigint", slot: "integer", name: "text", banner: "bigint", team_level: "bigint", class: "text", troops: "text", last_seen: "text", snapshot_id: "bigint" },
    rows: teams.map((team) => [owner.userId, team.slot, team.name, team.banner, team.teamLevel, team.class, JSON.stringify(team.troopIds), owner.lastSeen, owner.snapshotId]),
    conflict: {
      kind: "update",
      key: ["user_id", "slot"],
      update: ["name", "banner", "team_level", "class", "troops", "last_seen", "snapshot_id"],
      where: notNewerSql("user_teams"),
    },
  });
  await writeTroops(database, transaction, owner, teams);
  return written;
}

async function writeTroops(database: Database, transaction: Write, owner: Owner, teams: readonly TeamRow[]): Promise<void> {
  const slots = teams.map(({ slot }) => slot);
  const stored = await transaction
    .selectFrom("user_teams")
    .select(["id", "slot"])
    .where("user_id", "=", owner.userId)
    .where(({ ref }) => database.dialect.isOneOf(ref("slot"), slots))
    .execute();
  const idOf = new Map(stored.map(({ id, slot }) => [slot, id]));
  await transaction
    .deleteFrom("team_troops")
    .where(({ ref }) =>
      database.dialect.isOneOf(
        ref("team_id"),
        stored.map(({ id }) => id),
      ),
    )
    .execute();
  await insertRows(transaction, {
    table: "team_troops",
    columns: { team_id: "bigint", position: "integer", troop_id: "bigint" },
    rows: teams.flatMap(({ slot, troopIds }) => troopIds.map((troopId, position) => [idOf.get(slot) ?? 0, position, troopId])),
  });
}

/** Slots beyond what the snapshot has are gone in the game. */
export async function removeTeamsFrom(database: Database, transaction: Write, owner: Owner, slot: number): Promise<number> {
  if (await isOutdated(database, transaction, owner)) return 0;
  const gone = transaction.selectFrom("user_teams").select("id").where("user_id", "=", owner.userId).where("slot", ">=", slot);
  await transaction.deleteFrom("team_troops").where("team_id", "in", gone).execute();
  const removed = await transaction.deleteFrom("user_teams").where("user_id", "=", owner.userId).where("slot", ">=", slot).executeTakeFirst();
  return Number(removed.numDeletedRows);
}

async function isOutdated(database: Database, transaction: Write, owner: Owner): Promise<boolean> {
  await lockUser(database, transaction, owner.userId);
  const user = await transaction.selectFrom("users").select(["last_seen", "snapshot_id"]).where("id", "=", owner.userId).executeTakeFirstOrThrow();
  return isNewer(user, owner);
}
