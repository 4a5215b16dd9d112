import { randomUUID } from "node:crypto";
import type { Selectable } from "kysely";
import type { MarketsTable, Write } from "../database/database.ts";
import { DETAIL_COLUMNS, type MarketValues } from "./market-row.ts";
import { mergeMetadata } from "./metadata.ts";

export type Saved = "created" | "updated" | "unchanged";

export interface MarketToSave {
  readonly source: string;
  readonly values: MarketValues;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** "missing": the detail page could not be read; what an earlier run knew from it stays. */
  readonly details: "complete" | "missing";
  readonly at: string;
}

/** Inserts or updates by `external_id`, inside of a transaction that nobody else writes in: no key of another source is lost. */
export async function saveMarket(transaction: Write, market: MarketToSave): Promise<Saved> {
  const known = await transaction.selectFrom("markets").selectAll().where("external_id", "=", market.values.external_id).executeTakeFirst();
  return known === undefined ? await insert(transaction, market) : await update(transaction, market, known);
}

async function insert(transaction: Write, { source, values, metadata, at }: MarketToSave): Promise<Saved> {
  const times = { scraped_at: at, created_at: at, updated_at: at };
  await transaction
    .insertInto("markets")
    .values({ id: randomUUID(), ...values, metadata: mergeMetadata("{}", source, metadata), ...times })
    .execute();
  return "created";
}

async function update(transaction: Write, market: MarketToSave, known: Selectable<MarketsTable>): Promise<Saved> {
  const kept = columnsToKeep(market, known);
  const values: MarketValues = { ...market.values, ...Object.fromEntries(kept.map((column) => [column, known[column]])) };
  const next = { ...values, metadata: mergeMetadata(known.metadata, market.source, market.metadata, market.details === "missing" ? [...kept, "raw_address"] : kept) };
  const changed = Object.entries(next).some(([column, value]) => !Object.is(value, valueOf(known, column)));
  const times = changed ? { scraped_at: market.at, updated_at: market.at } : { scraped_at: market.at };
  await transaction
    .updateTable("markets")
    .set({ ...(changed ? next : {}), ...times })
    .where("id", "=", known.id)
    .execute();
  return changed ? "updated" : "unchanged";
}

/** What this run does not know and an earlier one did. */
function columnsToKeep({ values, details }: MarketToSave, known: Selectable<MarketsTable>): readonly (keyof MarketValues)[] {
  if (details === "missing") return DETAIL_COLUMNS;
  // A geocoder that is silent this time does not make a known place unknown.
  const samePlace = values.address === known.address && values.city === known.city && values.postal_code === known.postal_code;
  return values.latitude === null && samePlace ? ["latitude", "longitude"] : [];
}

function valueOf(row: Selectable<MarketsTable>, column: string): unknown {
  return Object.entries(row).find(([name]) => name === column)?.[1];
}
