import { joinAddress, parseAddress } from "../address/parse-address.ts";
import type { MarketsTable } from "../database/tables.ts";
import type { Place } from "../distance.ts";
import type { Details, Item } from "../sources/item.ts";

/** The columns that a source has a say in. */
export type MarketValues = Omit<MarketsTable, "id" | "metadata" | "scraped_at" | "created_at" | "updated_at">;

/** The columns that only a detail page knows. */
export const DETAIL_COLUMNS = [
  "address",
  "city",
  "postal_code",
  "latitude",
  "longitude",
  "description",
  "organizer_name",
  "organizer_phone",
  "organizer_email",
  "organizer_website",
  "opening_hours",
  "entry_fee",
  "stall_count",
  "has_toilets",
  "has_wifi",
  "is_indoor",
  "is_outdoor",
  "special_features",
] as const satisfies readonly (keyof MarketValues)[];

/** What one text says of where it is; also what the geocoder is asked. */
export function addressTextOf({ details }: Item): string {
  return joinAddress({ address: details.address, postalCode: details.postalCode, city: details.city });
}

export function toMarketValues(item: Item, geocoded: Place | null): MarketValues {
  const { details } = item;
  const own = item.latitude === null || item.longitude === null ? null : { latitude: item.latitude, longitude: item.longitude };
  const place = geocoded ?? own;
  return {
    external_id: item.externalId,
    name: item.name,
    municipality: item.municipality,
    category: item.category,
    start_date: item.startDate,
    end_date: item.endDate,
    ...parseAddress(addressTextOf(item)),
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
    ...describe(details),
    has_food: Number(item.hasFood),
    has_parking: Number(item.hasParking),
    source_url: item.sourceUrl,
  };
}

function describe(details: Details) {
  return {
    description: details.description,
    organizer_name: details.organizerName,
    organizer_phone: details.organizerPhone,
    organizer_email: details.organizerEmail,
    organizer_website: details.organizerWebsite,
    opening_hours: details.openingHours,
    entry_fee: details.entryFee,
    stall_count: details.stallCount,
    has_toilets: Number(details.hasToilets),
    has_wifi: Number(details.hasWifi),
    is_indoor: Number(details.isIndoor),
    is_outdoor: Number(details.isOutdoor),
    special_features: details.specialFeatures,
  };
}

/** What is kept of the item as its source said it: undecoded, and without the days. */
export function toMetadata(item: Item, values: MarketValues): Record<string, unknown> {
  const { start_date: _start, end_date: _end, ...rest } = values;
  const { address, postalCode, city } = item.details;
  return { ...rest, name: item.nameRaw, description: item.details.descriptionRaw, raw_address: { address, postal_code: postalCode, city } };
}
