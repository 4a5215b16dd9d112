// What a source says about one market, before it is a row. Texts are as people write them; `raw` has what was decoded, undecoded.

export const SOURCE_NAMES = ["fleamarket", "loppemarkeder"] as const;
export type SourceName = (typeof SOURCE_NAMES)[number];

export function isSourceName(value: string): value is SourceName {
  return SOURCE_NAMES.some((name) => name === value);
}

/** What a detail page adds; null where it says nothing. */
export interface Details {
  readonly address: string | null;
  readonly postalCode: string | null;
  readonly city: string | null;
  readonly description: string | null;
  readonly descriptionRaw: string | null;
  readonly organizerName: string | null;
  readonly organizerPhone: string | null;
  readonly organizerEmail: string | null;
  readonly organizerWebsite: string | null;
  readonly openingHours: string | null;
  readonly entryFee: number | null;
  readonly stallCount: number | null;
  readonly hasToilets: boolean;
  readonly hasWifi: boolean;
  readonly isIndoor: boolean;
  readonly isOutdoor: boolean;
  /** A JSON array as text. */
  readonly specialFeatures: string | null;
}

export const NO_DETAILS: Details = {
  address: null,
  postalCode: null,
  city: null,
  description: null,
  descriptionRaw: null,
  organizerName: null,
  organizerPhone: null,
  organizerEmail: null,
  organizerWebsite: null,
  openingHours: null,
  entryFee: null,
  stallCount: null,
  hasToilets: false,
  hasWifi: false,
  isIndoor: false,
  isOutdoor: true,
  specialFeatures: null,
};

export interface Item {
  readonly source: SourceName;
  readonly externalId: string;
  readonly name: string;
  readonly nameRaw: string;
  readonly municipality: string | null;
  readonly category: string;
  readonly startDate: string;
  readonly endDate: string;
  readonly hasFood: boolean;
  readonly hasParking: boolean;
  readonly sourceUrl: string | null;
  /** Those of the source. */
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** Where there is more to read; null when everything is here. */
  readonly detailUrl: string | null;
  readonly details: Details;
}

/** What a page of a source has, in its own order. */
export type Entry =
  | { readonly kind: "item"; readonly item: Item; readonly warning: string | null }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "failed"; readonly externalId: string | null; readonly error: string };

export interface ParsedPage {
  readonly entries: readonly Entry[];
  readonly nextUrl: string | null;
}

/** A page that is not what the source promises. */
export class PageError extends Error {
  override readonly name = "PageError";
}
