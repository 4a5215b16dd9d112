import type { JsonValue } from "./value.ts";

/** Keys of all objects inside. A key that stood twice in the text is counted once here. */
export function countKeys(values: readonly JsonValue[]): number {
  let keys = 0;
  for (const value of values) if (typeof value === "object" && value !== null) keys += keysInside(value);
  return keys;
}

/** Arrays and objects in one function that calls itself: two that call each other are inlined into each other again and again, and compiling that costs a first reading as much as its document. */
function keysInside(value: readonly JsonValue[] | { readonly [key: string]: JsonValue }): number {
  let keys = 0;
  if (isArray(value)) {
    for (const each of value) if (typeof each === "object" && each !== null) keys += keysInside(each);
    return keys;
  }
  // All keys are the object's own: what is inherited from Object.prototype cannot be enumerated, unless somebody broke it; then the exact way is taken.
  // oxlint-disable-next-line guard-for-in
  for (const key in value) {
    keys += 1;
    const each = value[key];
    if (typeof each === "object" && each !== null) keys += keysInside(each);
  }
  return keys;
}

function isArray(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
