import { ReaderError } from "../errors.ts";
import { engineMisreadsEscapedKeys } from "./engine.ts";
import { JsonFault, parseExact } from "./exact.ts";
import type { ResolvedJsonOptions } from "./options.ts";
import { pathText } from "./paths.ts";
import { moveOn, placeOf, type Anchor } from "./place.ts";
import { SCAN_FLAG } from "./scanner.ts";
import { isCutCharacter, textOf, validLength } from "./utf8.ts";
import type { JsonValue } from "./value.ts";

/** Some whole elements, as they stand in memory: with brackets around them, which are not part of the document. */
export interface RawBatch {
  readonly bytes: Buffer;
  /** Where the first byte behind the bracket comes from. */
  readonly anchor: Anchor;
  /** Keys of the container, and how many elements it has had before. */
  readonly steps: readonly (string | number)[];
  readonly firstIndex: number;
  /** What the scanner knows of the keys of a map; null for an array. */
  readonly entries: RawEntries | null;
  readonly flags: number;
  /** Keys of all objects in it. */
  readonly keys: number;
}

export interface RawEntries {
  readonly count: number;
  /** Begin of an entry and place of its colon in turn, in `bytes`. */
  readonly places: Int32Array;
  /** Takes keys and colons out of `bytes`, so that an array of the values remains. */
  blank(): void;
}

export interface ParsedBatch {
  readonly values: readonly JsonValue[];
  readonly keys: readonly string[] | null;
}

/** The elements. @throws ReaderError with the exact place. */
export function parseBatch(batch: RawBatch, options: ResolvedJsonOptions): ParsedBatch {
  const text = textOf(batch.bytes);
  if (text === null) throw wrongBytes(batch, options);
  return parseFast(batch, text, options) ?? parseSlowly(batch, text, options);
}

/** null when something is wrong with it, or might be. */
function parseFast(batch: RawBatch, text: string, options: ResolvedJsonOptions): ParsedBatch | null {
  const { flags, entries } = batch;
  if ((flags & SCAN_FLAG.bigNumber) !== 0 && options.bigNumbers !== "number") return null;
  if ((flags & SCAN_FLAG.escapedKey) !== 0 && engineMisreadsEscapedKeys()) return null;
  const keys = entries === null ? null : readKeys(batch.bytes, text, entries);
  if (keys === null && entries !== null) return null;
  entries?.blank();
  const values = tryParse(entries === null ? text : (textOf(batch.bytes) ?? ""));
  if (values === null || (keys !== null && keys.length !== values.length)) return null;
  if (options.duplicateKeys === "refuse" && countKeys(values) + (keys?.length ?? 0) !== batch.keys) return null;
  return { values, keys };
}

function tryParse(text: string): readonly JsonValue[] | null {
  try {
    const values: unknown = JSON.parse(text);
    return Array.isArray(values) ? values : null;
  } catch {
    return null;
  }
}

/** Shorter strings are copies; longer ones would keep the whole text alive that they are cut from. */
const COPIED_LENGTH_MAX = 12;

/**
 * The keys of a map, in the order of the document; null when one has to be looked at more closely.
 * They do not go through JSON.parse: it enters each short string into a table for good, and a map of millions of keys would fill it.
 */
function readKeys(bytes: Buffer, text: string, { count, places }: RawEntries): readonly string[] | null {
  const keys: string[] = [];
  // One character for each byte, so that places fit.
  const characters = text.length === bytes.length ? text : bytes.toString("latin1");
  for (let entry = 0; entry < count; entry += 1) {
    let from = places[entry * 2] ?? 0;
    let to = places[entry * 2 + 1] ?? 0;
    while (isSpace(characters.charCodeAt(from))) from += 1;
    while (isSpace(characters.charCodeAt(to - 1))) to -= 1;
    const kind = to - from < 2 ? "odd" : kindOf(characters, from, to);
    if (kind === "odd") return null;
    const isShort = kind === "ascii" && to - from - 2 <= COPIED_LENGTH_MAX;
    keys.push(isShort ? characters.slice(from + 1, to - 1) : bytes.toString("utf8", from + 1, to - 1));
  }
  return keys;
}

/** `odd`: no string, or one with escapes. */
function kindOf(characters: string, from: number, to: number): "ascii" | "unicode" | "odd" {
  if (characters.charCodeAt(from) !== QUOTE || characters.charCodeAt(to - 1) !== QUOTE) return "odd";
  let all = 0;
  for (let at = from + 1; at < to - 1; at += 1) {
    const code = characters.charCodeAt(at);
    if (code === QUOTE || code === BACKSLASH || code < 0x20) return "odd";
    all |= code;
  }
  return all < 0x80 ? "ascii" : "unicode";
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function parseSlowly(batch: RawBatch, text: string, options: ResolvedJsonOptions): ParsedBatch {
  try {
    // The batch's own bracket stands for the container's, which is as deep as its steps are long.
    const { value, entries } = parseExact(text, { ...options, depthMax: options.depthMax - batch.steps.length });
    if (batch.entries !== null) return { values: entries.map(([, each]) => each), keys: entries.map(([key]) => key) };
    if (!Array.isArray(value)) throw new JsonFault("malformed", "the elements are no elements", 0, []);
    return { values: value, keys: null };
  } catch (error) {
    throw error instanceof JsonFault ? faultIn(batch, text, error) : error;
  }
}

/** What is wrong with it; null when nothing is. */
export function explain(batch: RawBatch, options: ResolvedJsonOptions): ReaderError | null {
  try {
    const text = textOf(batch.bytes);
    if (text === null) return wrongBytes(batch, options);
    parseSlowly(batch, text, options);
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

/** Where the key of this entry stands in the document. `text` is what the batch was before its keys were taken out. */
export function anchorOfEntry(batch: RawBatch, before: Buffer, index: number): Anchor {
  const from = batch.entries?.places[index * 2] ?? 1;
  const spaces = before.subarray(from).findIndex((byte) => byte === QUOTE);
  return moveOn(batch.anchor, before.subarray(1, from + Math.max(0, spaces)));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

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
