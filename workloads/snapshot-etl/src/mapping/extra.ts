import { isObject, toJsonText, type Json, type JsonObject } from "./json-text.ts";

/** Largest value of an unknown field that is kept. */
export const VALUE_BYTES_MAX = 16 * 1024;
/** Largest sum of the values of one object; unknown ones that come later are left out. */
export const OBJECT_BYTES_MAX = 1024 * 1024;
export const OMITTED: JsonObject = { $omitted: true };

export interface Extra {
  readonly fields: JsonObject;
  /** How many values were too large. */
  readonly omitted: number;
}

/** Everything of an object that has no column of its own; values that are too large are replaced, never refused. */
export function pickExtra(value: JsonObject, known: ReadonlySet<string>): Extra {
  const fields: [string, Json][] = [];
  let omitted = 0;
  for (const [key, each] of Object.entries(value)) {
    if (known.has(key)) continue;
    // The parser has left out the largest ones already, with the same mark.
    const tooLarge = isOmitted(each) || isTooLarge(each);
    omitted += Number(tooLarge);
    fields.push([key, tooLarge ? OMITTED : each]);
  }
  return { fields: Object.fromEntries(fields), omitted };
}

function isOmitted(value: Json): boolean {
  return isObject(value) && value["$omitted"] === true && Object.keys(value).length === 1;
}

function isTooLarge(value: Json): boolean {
  if (value === null || typeof value === "number" || typeof value === "boolean") return false;
  return Buffer.byteLength(toJsonText(value)) > VALUE_BYTES_MAX;
}

/** New keys replace old ones, others stay. @param before JSON text of what is stored; null for nothing */
export function mergeExtra(before: string | null, fields: JsonObject): string {
  if (before === null || before === "{}") return toJsonText(fields);
  const stored: unknown = JSON.parse(before, keepExact);
  return toJsonText({ ...(isStored(stored) ? stored : {}), ...fields });
}

function isStored(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A whole number that a double cannot hold is read from its own text. */
function keepExact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}
