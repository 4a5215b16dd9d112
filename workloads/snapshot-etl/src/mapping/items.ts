import { pickExtra, type Extra } from "./extra.ts";
import { isObject, type Json } from "./json-text.ts";
import { describe, FieldProblem, wholeNumber } from "./values.ts";

/** A group of rows that every item of one collection becomes. */
export const ITEM_GROUPS = {
  troops: group("Troops", "TroopId", "troop_id", "troop", {
    Amount: ["amount", 0],
    Level: ["level", 1],
    CurrentRarity: ["rarity", 0],
    FusionCards: ["fusion_cards", 0],
    TraitsOwned: ["traits_owned", 0],
  }),
  pets: group("Pets", "PetId", "pet_id", "pet", {
    Amount: ["amount", 0],
    Level: ["level", 1],
    XP: ["xp", 0],
    OrbFusionCards: ["orb_fusion_cards", 0],
    OrbsUsed: ["orbs_used", 0],
    AscensionLevel: ["ascension_level", 0],
  }),
  artifacts: group("Artifacts", "ArtifactId", "artifact_id", "artifact", { Level: ["level", 1], XP: ["xp", 0] }),
} as const;

export type ItemGroupName = keyof typeof ITEM_GROUPS;

export interface ItemGroup {
  /** Key of the collection in the profile. */
  readonly collection: string;
  readonly idKey: string;
  readonly idColumn: "troop_id" | "pet_id" | "artifact_id";
  /** Kind of the catalog's placeholder. */
  readonly catalogKind: CatalogKind;
  /** Key of the item to column and value when it is missing. */
  readonly columns: Readonly<Record<string, readonly [column: string, fallback: number]>>;
  readonly known: ReadonlySet<string>;
}

export type CatalogKind = "troop" | "pet" | "artifact";

function group(collection: string, idKey: string, idColumn: ItemGroup["idColumn"], catalogKind: CatalogKind, columns: ItemGroup["columns"]): ItemGroup {
  return { collection, idKey, idColumn, catalogKind, columns, known: new Set([idKey, ...Object.keys(columns)]) };
}

/** One element of a collection as it was read. */
export interface Element {
  /** Key in the map form; null in the array form. */
  readonly key: string | null;
  /** Place in the collection, from 0. */
  readonly index: number;
  readonly value: Json;
}

export interface ItemRow {
  readonly id: number;
  readonly values: Readonly<Record<string, number>>;
  readonly extra: Extra;
}

export interface BadRow {
  /** Id as far as it could be told, else its place: "#3". */
  readonly id: string;
  readonly message: string;
  readonly field: string | null;
}

export type Mapped<Row> = { readonly kind: "row"; readonly row: Row } | { readonly kind: "bad"; readonly bad: BadRow };

/** One item to one row. Never throws: what cannot be a row is told with its id. */
export function mapItem(group: ItemGroup, element: Element): Mapped<ItemRow> {
  let id: number | null = null;
  try {
    id = idOf(group, element);
    if (!isObject(element.value)) throw new FieldProblem(group.idKey, `the item is ${describe(element.value)}, not an object`);
    const values: Record<string, number> = {};
    for (const [key, [column, fallback]] of Object.entries(group.columns)) values[column] = wholeNumber(element.value[key], key, fallback);
    return { kind: "row", row: { id, values, extra: pickExtra(element.value, group.known) } };
  } catch (error) {
    return { kind: "bad", bad: badRow(error, id === null ? `#${element.index}` : String(id)) };
  }
}

export function badRow(error: unknown, id: string): BadRow {
  if (error instanceof FieldProblem) return { id, message: `${id}: ${error.message}`, field: error.field };
  throw error;
}

function idOf(group: ItemGroup, { key, value }: Element): number {
  const written = key ?? (isObject(value) ? value[group.idKey] : undefined);
  const id = wholeNumber(written, group.idKey, null);
  if (id === null) throw new FieldProblem(group.idKey, `${group.idKey} is missing`);
  return id;
}
