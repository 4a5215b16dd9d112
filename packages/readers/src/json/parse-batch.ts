import { ReaderError } from "../errors.ts";
import { engineMisreadsEscapedKeys } from "./engine.ts";
import { JsonFault, parseExact } from "./exact.ts";
import type { ResolvedJsonOptions } from "./options.ts";
import { pathText } from "./paths.ts";
import { moveOn, placeOf, type Anchor } from "./place.ts";
import { SCAN_FLAG } from "./scanner.ts";
import { isCutCharacter, textOf, validLength } from "./utf8.ts";
import type { JsonValue } from "./value.ts";

/** One array of whole elements, as it stands in memory: with its brackets, which are not part of the document. */
export interface RawBatch {
  readonly bytes: Buffer;
  /** Where the first byte behind the bracket comes from. */
  readonly anchor: Anchor;
  /** Keys of the container, and how many elements it has had before. */
  readonly steps: readonly (string | number)[];
  readonly firstIndex: number;
  /** Keys and values in turn. */
  readonly flat: boolean;
  readonly flags: number;
  /** Keys of all objects in it. */
  readonly keys: number;
}

/** The elements. @throws ReaderError with the exact place. */
export function parseBatch(batch: RawBatch, options: ResolvedJsonOptions): readonly JsonValue[] {
  return parseFast(batch, options) ?? parseSlowly(batch, options);
}

/** null when something is wrong with it, or might be. */
function parseFast(batch: RawBatch, options: ResolvedJsonOptions): readonly JsonValue[] | null {
  const { flags, bytes } = batch;
  if ((flags & SCAN_FLAG.bigNumber) !== 0 && options.bigNumbers !== "number") return null;
  if ((flags & SCAN_FLAG.escapedKey) !== 0 && engineMisreadsEscapedKeys()) return null;
  const text = textOf(bytes);
  if (text === null) return null;
  let values: readonly JsonValue[];
  try {
    values = JSON.parse(text);
  } catch {
    return null;
  }
  const foundKeys = options.duplicateKeys === "last" ? batch.keys : countKeys(values) + (batch.flat ? values.length / 2 : 0);
  if (foundKeys !== batch.keys) return null;
  if (batch.flat) for (let index = 0; index < values.length; index += 2) if (typeof values[index] !== "string") return null;
  return values;
}

function parseSlowly(batch: RawBatch, options: ResolvedJsonOptions): readonly JsonValue[] {
  const text = textOf(batch.bytes);
  if (text === null) throw wrongBytes(batch, options);
  try {
    // The batch's own bracket stands for the container's, which is as deep as its steps are long.
    const { value } = parseExact(text, { ...options, depthMax: options.depthMax - batch.steps.length, flat: batch.flat });
    if (!Array.isArray(value)) throw new JsonFault("malformed", "the elements are no elements", 0, []);
    return value;
  } catch (error) {
    throw error instanceof JsonFault ? faultIn(batch, text, error) : error;
  }
}

/** What is wrong with it; null when nothing is. */
export function explain(batch: RawBatch, options: ResolvedJsonOptions): ReaderError | null {
  try {
    parseSlowly(batch, options);
    return null;
  } catch (error) {
    if (error instanceof ReaderError) return error;
    throw error;
  }
}

function faultIn(batch: RawBatch, text: string, fault: JsonFault): ReaderError {
  const before = Buffer.byteLength(text.slice(0, fault.at));
  return errorAt(batch, before, fault);
}

/** `before` counts the batch's own opening bracket. */
function errorAt(batch: RawBatch, before: number, { code, message, steps }: Pick<JsonFault, "code" | "message" | "steps">): ReaderError {
  const anchor = moveOn(batch.anchor, batch.bytes.subarray(1, Math.max(1, before)));
  const [first, ...rest] = steps;
  const inside = first === undefined ? [] : [typeof first === "number" ? first + batch.firstIndex : first, ...rest];
  return new ReaderError(code, message, placeOf(anchor, pathText([...batch.steps, ...inside])));
}

/** Bytes that are not UTF-8, unless something is wrong before them. */
function wrongBytes(batch: RawBatch, options: ResolvedJsonOptions): ReaderError {
  const good = validLength(batch.bytes);
  const before = explain({ ...batch, bytes: batch.bytes.subarray(0, good) }, options);
  if (before !== null && before.code !== "truncated") return before;
  if (isCutCharacter(batch.bytes.subarray(good))) return errorAt(batch, good, { code: "truncated", message: "the document breaks off in a character", steps: [] });
  return errorAt(batch, good, { code: "invalid_bytes", message: "bytes that are not UTF-8", steps: [] });
}

/** Where the element of this index begins in the document. */
export function placeOfElement(batch: RawBatch, options: ResolvedJsonOptions, index: number): Anchor {
  const text = textOf(batch.bytes) ?? "";
  const { starts } = parseExact(text, { ...options, duplicateKeys: "last", bigNumbers: "number", flat: batch.flat });
  return moveOn(batch.anchor, batch.bytes.subarray(1, Buffer.byteLength(text.slice(0, starts[index] ?? 1))));
}

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
