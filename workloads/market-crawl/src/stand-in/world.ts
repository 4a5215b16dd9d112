import * as z from "zod";
import { addDays } from "../dates.ts";
import { FIXTURE_ADDRESSES, FIXTURE_IDS } from "./fixtures.ts";

const addressLine = z.looseObject({
  name_raw: z.string(),
  venue: z.looseObject({ address: z.string().nullable(), city: z.string().nullable(), postal_code: z.string().nullable() }),
  geocode_query: z.string(),
  geocode: z.looseObject({ latitude: z.number(), longitude: z.number() }),
});
const idLine = z.looseObject({ external_id: z.string(), source: z.string(), name: z.string().optional(), start_date: z.string().optional(), end_date: z.string().optional() });

export type AddressLine = z.infer<typeof addressLine>;
export type IdLine = z.infer<typeof idLine>;

export interface Row {
  readonly name: string;
  readonly start: string;
  readonly end: string;
  readonly slug: string;
}

/** What both sites know. */
export interface World {
  /** Two pages of the HTML source: single markets, then one market with nine dates on one link. */
  readonly listings: readonly (readonly Row[])[];
  readonly events: readonly { readonly id: string; readonly address: AddressLine; readonly start: string; readonly end: string }[];
  readonly places: ReadonlyMap<string, { readonly latitude: number; readonly longitude: number }>;
}

export interface WorldText {
  /** JSON lines; null for the fixtures. */
  readonly addresses: string | null;
  readonly ids: string | null;
  /** ISO: dates that the lines do not give are around it. */
  readonly today: string;
}

const RECURRING_DATES = 9;

/** @throws RangeError naming the line that cannot be read. */
export function makeWorld({ addresses, ids, today }: WorldText): World {
  const places = addresses === null ? FIXTURE_ADDRESSES : readLines(addresses, addressLine, "addresses");
  const known = ids === null ? FIXTURE_IDS : readLines(ids, idLine, "ids");
  const events = known.filter(({ source }) => source === "loppemarkeder");
  const single = known.filter(({ source }) => source === "fleamarket").map((line) => rowOf(line, today));
  const [first] = places;
  if (first === undefined) throw new RangeError("there is not a single address");
  return {
    listings: [single, recurringRows(today)],
    events: events.map((line, index) => ({
      id: line.external_id,
      address: places[index % places.length] ?? first,
      start: line.start_date ?? addDays(today, (index % 5) - 1),
      end: line.end_date ?? addDays(today, (index % 5) + 1),
    })),
    places: new Map(places.map((line) => [line.geocode_query, line.geocode])),
  };
}

function rowOf(line: IdLine, today: string): Row {
  const start = line.start_date ?? today;
  const name = line.name ?? line.external_id;
  return { name, start, end: line.end_date ?? start, slug: slugOf(name) };
}

/** Every week the same market: nine rows, one page behind all of them. */
function recurringRows(today: string): Row[] {
  const name = "Kræmmermarked på Torvet";
  return Array.from({ length: RECURRING_DATES }, (_, week) => {
    const start = addDays(today, week * 7);
    return { name, start, end: start, slug: slugOf(name) };
  });
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9æøå]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

function readLines<Line>(text: string, shape: z.ZodType<Line>, what: string): Line[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, index) => {
      try {
        return shape.parse(JSON.parse(line));
      } catch (error) {
        throw new RangeError(`${what}: line ${index + 1} cannot be read`, { cause: error });
      }
    });
}
