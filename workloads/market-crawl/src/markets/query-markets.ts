import type { Selectable } from "kysely";
import type { MarketsTable, Queries } from "../database/database.ts";
import { addDays } from "../dates.ts";
import { distanceKm, type Place } from "../distance.ts";
import { readObject } from "./metadata.ts";

export interface TodayQuery {
  readonly today: string;
  /** Where the caller is; null: by day and name. */
  readonly from: Place | null;
  readonly limit: number;
}

export interface NearbyQuery {
  readonly today: string;
  readonly from: Place;
  readonly radiusKm: number;
  readonly daysAhead: number;
  readonly limit: number;
}

type Row = Selectable<MarketsTable>;

/** start <= today <= end, nearest first; what has no coordinates comes last. */
export async function marketsToday(read: Queries, { today, from, limit }: TodayQuery): Promise<object[]> {
  const rows = await read
    .selectFrom("markets")
    .selectAll()
    .where("start_date", "<=", today)
    .where("end_date", ">=", today)
    .orderBy("start_date")
    .orderBy("name")
    .orderBy("id")
    .execute();
  if (from === null) return rows.slice(0, limit).map((row) => viewMarket(row));
  return rows
    .map((row) => ({ row, km: distanceFrom(from, row) }))
    .toSorted((one, other) => compareDistance(one.km, other.km))
    .slice(0, limit)
    .map(({ row, km }) => viewMarket(row, { distance: roundKm(km) }));
}

/** Those that begin within so many days and are not farther away than this, nearest first. */
export async function marketsNearby(read: Queries, { today, from, radiusKm, daysAhead, limit }: NearbyQuery): Promise<object[]> {
  const rows = await read
    .selectFrom("markets")
    .selectAll()
    .where("start_date", ">=", today)
    .where("start_date", "<=", addDays(today, daysAhead))
    .where("latitude", "is not", null)
    .where("longitude", "is not", null)
    .orderBy("start_date")
    .orderBy("name")
    .orderBy("id")
    .execute();
  return rows
    .flatMap((row) => {
      const km = distanceFrom(from, row);
      return km === null || km > radiusKm ? [] : [{ row, km }];
    })
    .toSorted((one, other) => one.km - other.km)
    .slice(0, limit)
    .map(({ row, km }) => viewMarket(row, { distance: roundKm(km) }));
}

function distanceFrom(from: Place, { latitude, longitude }: Row): number | null {
  return latitude === null || longitude === null ? null : distanceKm(from, { latitude, longitude });
}

function compareDistance(one: number | null, other: number | null): number {
  return (one ?? Number.MAX_VALUE) - (other ?? Number.MAX_VALUE);
}

/** To the metre. */
function roundKm(km: number | null): number | null {
  return km === null ? null : Math.round(km * 1000) / 1000;
}

function viewMarket(row: Row, more: { readonly distance?: number | null } = {}): object {
  return {
    ...row,
    has_food: row.has_food === 1,
    has_parking: row.has_parking === 1,
    has_toilets: row.has_toilets === 1,
    has_wifi: row.has_wifi === 1,
    is_indoor: row.is_indoor === 1,
    is_outdoor: row.is_outdoor === 1,
    metadata: readObject(row.metadata),
    ...more,
  };
}
