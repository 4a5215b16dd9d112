import { insertRows, type ColumnType, type SqlValue } from "workload-database";
import type { Database, Write } from "../database/open.ts";
import { mergeExtra } from "../mapping/extra.ts";
import { ITEM_GROUPS, type CatalogKind, type ItemGroupName, type ItemRow } from "../mapping/items.ts";
import { isNewer, notNewerSql } from "./newer.ts";
import type { Owner } from "./run.ts";

const TABLES = { troops: "user_troops", pets: "user_pets", artifacts: "user_artifacts" } as const satisfies Record<ItemGroupName, string>;

/** Upserts items of one user. Rows of a newer snapshot stay as they are; unknown ids get their place in the catalog. */
export async function writeItems(database: Database, transaction: Write, name: ItemGroupName, owner: Owner, rows: readonly ItemRow[]): Promise<number> {
  const group = ITEM_GROUPS[name];
  const table = TABLES[name];
  const items = mergeTwins(rows);
  await lockUser(database, transaction, owner.userId);
  const stored = await readStored(database, transaction, name, owner.userId, [...items.keys()]);
  const due = [...items.values()].filter(({ id }) => {
    const known = stored.get(id);
    return known === undefined || !isNewer(known, owner);
  });
  const columns = Object.values(group.columns).map(([column]) => column);
  await placeInCatalog(
    transaction,
    group.catalogKind,
    due.filter(({ id }) => !stored.has(id)).map(({ id }) => id),
  );
  const types: Record<string, ColumnType> = { user_id: "bigint", [group.idColumn]: "bigint" };
  for (const column of columns) types[column] = "bigint";
  return await insertRows(transaction, {
    table,
    columns: { ...types, extra: "text", last_seen: "text", snapshot_id: "bigint" },
    rows: due.map((item) => toRow(item, columns, owner, stored.get(item.id)?.extra ?? null)),
    conflict: { kind: "update", key: ["user_id", group.idColumn], update: [...columns, "extra", "last_seen", "snapshot_id"], where: notNewerSql(table) },
  });
}

function toRow({ id, values, extra }: ItemRow, columns: readonly string[], owner: Owner, extraBefore: string | null): SqlValue[] {
  const row: SqlValue[] = [owner.userId, id];
  for (const column of columns) row.push(values[column] ?? 0);
  row.push(mergeExtra(extraBefore, extra.fields), owner.lastSeen, owner.snapshotId);
  return row;
}

/** The same id twice in one profile: the later one counts, and its extra is added. */
function mergeTwins(rows: readonly ItemRow[]): ReadonlyMap<number, ItemRow> {
  const items = new Map<number, ItemRow>();
  for (const row of rows) {
    const twin = items.get(row.id);
    items.set(row.id, twin === undefined ? row : { ...row, extra: { fields: { ...twin.extra.fields, ...row.extra.fields }, omitted: 0 } });
  }
  return items;
}

interface Stored {
  readonly id: number;
  readonly extra: string;
  readonly last_seen: string;
  readonly snapshot_id: number;
}

async function readStored(database: Database, transaction: Write, name: ItemGroupName, userId: number, ids: readonly number[]): Promise<ReadonlyMap<number, Stored>> {
  const found = await select(database, transaction, name, userId, ids);
  return new Map(found.map((row) => [row.id, row]));
}

async function select(database: Database, transaction: Write, name: ItemGroupName, userId: number, ids: readonly number[]): Promise<Stored[]> {
  const { isOneOf } = database.dialect;
  if (name === "troops")
    return await transaction
      .selectFrom("user_troops")
      .select(["troop_id as id", "extra", "last_seen", "snapshot_id"])
      .where("user_id", "=", userId)
      .where(({ ref }) => isOneOf(ref("troop_id"), ids))
      .execute();
  if (name === "pets")
    return await transaction
      .selectFrom("user_pets")
      .select(["pet_id as id", "extra", "last_seen", "snapshot_id"])
      .where("user_id", "=", userId)
      .where(({ ref }) => isOneOf(ref("pet_id"), ids))
      .execute();
  return await transaction
    .selectFrom("user_artifacts")
    .select(["artifact_id as id", "extra", "last_seen", "snapshot_id"])
    .where("user_id", "=", userId)
    .where(({ ref }) => isOneOf(ref("artifact_id"), ids))
    .execute();
}

const PLACEHOLDER = JSON.stringify({ placeholder: true });

/** In the order of the ids, so that two transactions never wait for each other in a circle. */
export async function placeInCatalog(transaction: Write, kind: CatalogKind, ids: Iterable<number>): Promise<void> {
  const ordered = [...new Set(ids)].sort((a, b) => a - b);
  await insertRows(transaction, {
    table: "catalog",
    columns: { kind: "text", id: "bigint", meta: "text" },
    rows: ordered.map((id) => [kind, id, PLACEHOLDER]),
    conflict: { kind: "ignore" },
  });
}

/** Transactions of one user take turns: what is read here is still true when it is written. SQLite has one writer anyhow. */
export async function lockUser(database: Database, transaction: Write, userId: number): Promise<void> {
  if (database.kind === "sqlite") return;
  await transaction.selectFrom("users").select("id").where("id", "=", userId).forUpdate().execute();
}
