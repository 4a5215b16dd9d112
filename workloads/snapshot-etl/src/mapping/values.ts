import type { Json } from "./json-text.ts";

/** A field that is not what its column needs. */
export class FieldProblem extends Error {
  override readonly name = "FieldProblem";
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Whole, at least 0; text of digits is accepted; missing and null are the fallback. @throws FieldProblem */
export function wholeNumber<Fallback extends number | null>(value: Json | undefined, field: string, fallback: Fallback): number | Fallback {
  if (value === undefined || value === null) return fallback;
  const number = typeof value === "string" && /^\s*\d+\s*$/.test(value) ? Number(value) : typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  throw new FieldProblem(field, `${field} is ${describe(value)}, not a whole number of at least 0`);
}

const TEXT_MAX = 500;

/** Text as both databases can hold it: without NUL, at most 500 characters; a number becomes its digits. Null when missing. @throws FieldProblem */
export function text(value: Json | undefined, field: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return value.replaceAll("\u0000", "\uFFFD").toWellFormed().slice(0, TEXT_MAX);
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  throw new FieldProblem(field, `${field} is ${describe(value)}, not text`);
}

/** Seconds or milliseconds since 1970, or a written date; null when missing. @throws FieldProblem */
export function instant(value: Json | undefined, field: string): string | null {
  if (value === undefined || value === null) return null;
  const written = typeof value === "string" && !/^\s*\d+\s*$/.test(value) ? Date.parse(value) : toMs(wholeNumber(value, field, 0));
  if (Math.abs(written) <= INSTANT_MS_MAX) return new Date(written).toISOString();
  throw new FieldProblem(field, `${field} is ${describe(value)}, not a time`);
}

/** Up to the year 9999: later ones do not sort as text. */
const INSTANT_MS_MAX = 253_402_300_799_999;
/** From here on a number of seconds would lie after the year 5000. */
const SECONDS_MAX = 100_000_000_000;

function toMs(number: number): number {
  return number < SECONDS_MAX ? number * 1000 : number;
}

/** What it is, without quoting more than a few characters of it. */
export function describe(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
  return typeof value === "string" ? `the text ${shown}` : shown;
}
