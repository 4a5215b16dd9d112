import type { JsonValue } from "./value.ts";

/** Keys of all objects inside. A key that stood twice in the text is counted once here. */
export function countKeys(values: readonly JsonValue[]): number {
  let keys = 0;
  for (const value of values) if (typeof value === "object" && value !== null) keys += isArray(value) ? countKeys(value) : countKeysOf(value);
  return keys;
}

function countKeysOf(object: { readonly [key: string]: JsonValue }): number {
  let keys = 0;
  // All keys are the object's own: what is inherited from Object.prototype cannot be enumerated, unless somebody broke it; then the exact way is taken.
  // oxlint-disable-next-line guard-for-in
  for (const key in object) {
    keys += 1;
    const value = object[key];
    if (typeof value === "object" && value !== null) keys += isArray(value) ? countKeys(value) : countKeysOf(value);
  }
  return keys;
}

function isArray(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
