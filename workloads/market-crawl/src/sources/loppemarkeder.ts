import { decodeHTML } from "entities";
import * as z from "zod";
import { dayOfTimestamp, periodOf } from "../dates.ts";
import { NO_DETAILS, PageError, type Entry, type ParsedPage } from "./item.ts";
import { resolveUrl } from "./resolve-url.ts";

const DEFAULT_CATEGORY = "Loppemarked";

const page = z.looseObject({ events: z.array(z.unknown()), next_rest_url: z.unknown().optional() });
const event = z.looseObject({ id: z.union([z.number(), z.string().min(1)]) });
type EventRecord = z.infer<typeof event>;

/** One page of the JSON source. An event that is not one fails alone. */
export function parseEvents(json: string, pageUrl: string): ParsedPage {
  const parsed = page.safeParse(readJson(json));
  if (!parsed.success) throw new PageError("this is not a page of events");
  const { events, next_rest_url: next } = parsed.data;
  return { entries: events.map((each) => readEvent(each, pageUrl)), nextUrl: resolveUrl(typeof next === "string" ? next : undefined, pageUrl) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PageError(`this is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readEvent(value: unknown, pageUrl: string): Entry {
  const parsed = event.safeParse(value);
  if (!parsed.success) return { kind: "failed", externalId: null, error: "an event without an id" };
  const externalId = String(parsed.data.id);
  const failed = (error: string): Entry => ({ kind: "failed", externalId, error });
  const nameRaw = renderedText(parsed.data["title"]);
  const name = decodeHTML(nameRaw ?? "").trim();
  if (nameRaw === null || name === "") return failed("the event has no title");
  const start = dayOfTimestamp(parsed.data["start_date"]);
  if (start === null) return failed("the event has no valid start_date");
  const { period, problem } = periodOfEvent(start, parsed.data["end_date"]);
  return { kind: "item", warning: problem === null ? null : `${externalId}: ${problem}`, item: { ...describe(parsed.data, pageUrl), externalId, name, nameRaw, ...period } };
}

function periodOfEvent(start: string, written: unknown): { readonly period: { readonly startDate: string; readonly endDate: string }; readonly problem: string | null } {
  const end = dayOfTimestamp(written);
  const period = periodOf(start, end);
  const missing = end === null && written !== undefined && written !== null && written !== "";
  const problem = period.corrected ? `the end was before the start and is taken as ${start}` : missing ? `the end is not a date and is taken as ${start}` : null;
  return { period: { startDate: period.start, endDate: period.end }, problem };
}

function describe(record: EventRecord, pageUrl: string) {
  const venue = venueOf(record["venue"]);
  const descriptionRaw = renderedText(record["description"]);
  return {
    source: "loppemarkeder" as const,
    municipality: textOf(venue["region"])?.trim() ?? null,
    category: categoryOf(record["category"]),
    hasFood: false,
    hasParking: false,
    sourceUrl: resolveUrl(textOf(record["url"]) ?? undefined, pageUrl),
    latitude: coordinate(venue["latitude"], 90),
    longitude: coordinate(venue["longitude"], 180),
    detailUrl: null,
    details: {
      ...NO_DETAILS,
      address: textOf(venue["address"]),
      postalCode: textOf(venue["postal_code"]),
      city: textOf(venue["city"]),
      description: descriptionRaw === null ? null : decodeHTML(descriptionRaw).trim(),
      descriptionRaw,
    },
  };
}

function renderedText(value: unknown): string | null {
  if (typeof value === "string") return value;
  return isRecord(value) && typeof value["rendered"] === "string" ? value["rendered"] : null;
}

/** An object, the first element of a list, or nothing: the site gives an empty list for no venue. */
function venueOf(value: unknown): Readonly<Record<string, unknown>> {
  const candidate: unknown = Array.isArray(value) ? value[0] : value;
  return isRecord(candidate) ? candidate : {};
}

function categoryOf(value: unknown): string {
  return decodeHTML(textOf(isRecord(value) ? value["name"] : value) ?? DEFAULT_CATEGORY).trim();
}

/** As it came: what an address may contain is the address parser's to say. */
function textOf(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

function coordinate(value: unknown, most: number): number | null {
  const number = typeof value === "number" ? value : typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isFinite(number) && Math.abs(number) <= most ? number : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
