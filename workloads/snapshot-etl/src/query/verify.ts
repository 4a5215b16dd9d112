// Parity: what the stored payload says, against what the tables hold. Reads only.
import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Database } from "../database/open.ts";
import { ITEM_GROUPS, mapItem, type ItemGroupName, type ItemRow } from "../mapping/items.ts";
import { mapTeam } from "../mapping/teams.ts";
import { createPieceSource } from "../parse/read-pieces.ts";
import { GROUPS, readElements, survey, type GroupName } from "../parse/read-profile.ts";
import { isNewer } from "../process/newer.ts";

export interface Parity {
  readonly snapshotId: number;
  readonly namecode: string;
  /** Whether the pieces have the size and hash of what was received. */
  readonly payload: "intact" | "damaged";
  readonly groups: Readonly<Record<GroupName, GroupParity>>;
  /** Whether everything agrees; rows that a newer snapshot owns and rows that were refused do not count. */
  readonly equal: boolean;
}

export interface GroupParity {
  readonly items: number;
  readonly equal: number;
  /** Ids whose row is missing or says something else, at most 20. */
  readonly different: readonly string[];
  readonly differences: number;
  /** Rows of a newer snapshot: not this one's to answer for. */
  readonly newer: number;
  /** Items that cannot be rows. */
  readonly bad: number;
}

const SHOWN = 20;

interface Count {
  items: number;
  equal: number;
  different: string[];
  differences: number;
  newer: number;
  bad: number;
}

/** @throws EtlError when the payload cannot be read as a profile; null when there is no such snapshot */
export async function verifySnapshot(database: Database, snapshotId: number, signal: AbortSignal): Promise<Parity | null> {
  const snapshot = await database.read.selectFrom("hero_snapshots").select(["raw", "size_bytes", "content_hash", "created_at"]).where("id", "=", snapshotId).executeTakeFirst();
  if (snapshot === undefined) return null;
  const source = createPieceSource(database.read, snapshot.raw);
  const payload = (await isIntact(source(), snapshot)) ? "intact" : "damaged";
  const surveyed = await survey(source, signal);
  const user = await database.read.selectFrom("users").select("id").where("namecode", "=", surveyed.head.namecode).executeTakeFirst();
  const owner = { userId: user?.id ?? 0, lastSeen: surveyed.head.serverTime ?? snapshot.created_at, snapshotId };
  const counts: Record<GroupName, Count> = { troops: newCount(), pets: newCount(), artifacts: newCount(), teams: newCount() };
  await readElements(source, surveyed, GROUPS, signal, async (name, elements) => {
    if (name === "teams") return await compareTeams(database, owner, elements.map(mapTeam), counts.teams);
    const rows: ItemRow[] = [];
    for (const element of elements) {
      const mapped = mapItem(ITEM_GROUPS[name], element);
      counts[name].items += 1;
      if (mapped.kind === "row") rows.push(mapped.row);
      else counts[name].bad += 1;
    }
    await compareItems(database, name, owner, rows, counts[name]);
  });
  const equal = payload === "intact" && user !== undefined && Object.values(counts).every(({ differences }) => differences === 0);
  return { snapshotId, namecode: surveyed.head.namecode, payload, groups: counts, equal };
}

function newCount(): Count {
  return { items: 0, equal: 0, different: [], differences: 0, newer: 0, bad: 0 };
}

async function isIntact(pieces: AsyncIterable<Uint8Array>, expected: { readonly size_bytes: number; readonly content_hash: string }): Promise<boolean> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
  }
  return bytes === expected.size_bytes && hash.digest("hex") === expected.content_hash;
}

interface Owner {
  readonly userId: number;
  readonly lastSeen: string;
  readonly snapshotId: number;
}

async function compareItems(database: Database, name: ItemGroupName, owner: Owner, rows: readonly ItemRow[], count: Count): Promise<void> {
  const group = ITEM_GROUPS[name];
  const table = name === "troops" ? "user_troops" : name === "pets" ? "user_pets" : "user_artifacts";
  const stored: object[] = await database.read
    .selectFrom(table)
    .selectAll()
    .where("user_id", "=", owner.userId)
    .where(() =>
      database.dialect.isOneOf(
        sql.ref(group.idColumn),
        rows.map(({ id }) => id),
      ),
    )
    .execute();
  const byId = new Map(stored.map((row) => [Number(field(row, group.idColumn)), row]));
  for (const row of rows) {
    const found = byId.get(row.id);
    if (found !== undefined && isNewer({ last_seen: String(field(found, "last_seen")), snapshot_id: Number(field(found, "snapshot_id")) }, owner)) count.newer += 1;
    else note(count, String(row.id), found !== undefined && Object.entries(row.values).every(([column, value]) => field(found, column) === value));
  }
}

async function compareTeams(database: Database, owner: Owner, mapped: readonly ReturnType<typeof mapTeam>[], count: Count): Promise<void> {
  const stored = await database.read.selectFrom("user_teams").selectAll().where("user_id", "=", owner.userId).execute();
  const bySlot = new Map(stored.map((row) => [row.slot, row]));
  for (const each of mapped) {
    count.items += 1;
    if (each.kind === "bad") {
      count.bad += 1;
      continue;
    }
    const found = bySlot.get(each.row.slot);
    if (found !== undefined && isNewer(found, owner)) count.newer += 1;
    else note(count, `#${each.row.slot}`, found?.name === each.row.name && found.troops === JSON.stringify(each.row.troopIds));
  }
}

function note(count: Count, id: string, equal: boolean): void {
  if (equal) return void (count.equal += 1);
  count.differences += 1;
  if (count.different.length < SHOWN) count.different.push(id);
}

function field(row: object, column: string): unknown {
  return new Map(Object.entries(row)).get(column);
}
