declare global {
  interface JSON {
    /** A number as it is written; in Node since 21, not yet in the compiler's library. */
    rawJSON(text: string): unknown;
  }
}

export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON text with the keys of the outermost object in order, so that the same content is the same text. Numbers beyond 2^53 stay exact. */
export function toJsonText(value: Json): string {
  const ordered = isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
  return JSON.stringify(ordered, exactly);
}

function exactly(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? JSON.rawJSON(String(value)) : value;
}
