import { ReaderError } from "../errors.ts";
import { engineMisreadsEscapedKeys } from "./engine.ts";
import { JsonFault, parseExact } from "./exact.ts";
import type { ResolvedJsonOptions } from "./options.ts";
import { pathText } from "./paths.ts";
import { moveOn, placeOf, type Anchor } from "./place.ts";
import { readKeys } from "./map-keys.ts";
import { parsePassage } from "./passage.ts";
import { DATA_START, SCAN_FLAG, type Scanner } from "./scanner.ts";
import { encodingOf, isCutCharacter, textOf, validLength } from "./utf8.ts";
import type { JsonValue } from "./value.ts";

/** Some whole elements, as they stand in the scanner's memory: with brackets around them, which are not part of the document. */
export interface RawBatch {
  readonly scanner: Scanner;
  readonly bytes: Buffer;
  /** Where the first byte behind the bracket comes from. */
  readonly anchor: Anchor;
  /** Keys of the container, and how many elements it has had before. */
  readonly steps: readonly (string | number)[];
  readonly firstIndex: number;
  /** How many entries the scanner has found in a map; null for an array. */
  readonly entries: number | null;
  readonly flags: number;
  /** Keys of all objects in it. */
  readonly keys: number;
}

export interface ParsedBatch {
  readonly values: readonly JsonValue[];
  readonly keys: readonly string[] | null;
}

/** The elements. @throws ReaderError with the exact place. */
export function parseBatch(batch: RawBatch, options: ResolvedJsonOptions): ParsedBatch {
  const encoding = encodingOf(batch.bytes);
  if (encoding === null) throw wrongBytes(batch, options);
  return parseFast(batch, encoding, options) ?? parseSlowly(batch, batch.bytes.toString(encoding), options);
}

/** null when something is wrong with it, or might be. */
function parseFast(batch: RawBatch, encoding: "latin1" | "utf8", options: ResolvedJsonOptions): ParsedBatch | null {
  const { scanner, flags } = batch;
  if ((flags & SCAN_FLAG.bigNumber) !== 0 && options.bigNumbers !== "number") return null;
  if ((flags & SCAN_FLAG.escapedKey) !== 0 && engineMisreadsEscapedKeys()) return null;
  const entries = batch.entries ?? 0;
  const keys = batch.entries === null ? null : readKeys(scanner, entries);
  if (keys === null && batch.entries !== null) return null;
  const to = DATA_START + batch.bytes.length - 2;
  const parsed = parsePassage(scanner, { from: DATA_START, to, kind: keys === null ? "array" : "map", entries, keys: batch.keys - entries, encoding });
  if (parsed === null || (keys !== null && keys.length !== parsed.values.length)) return null;
  if (options.duplicateKeys === "refuse" && !parsed.hasSingleKeys()) return null;
  return { values: parsed.values, keys };
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

/** Where the key of this entry stands in the document. */
export function anchorOfEntry({ scanner, anchor, bytes }: RawBatch, index: number): Anchor {
  const from = scanner.entryStart(index) - DATA_START + 1;
  const spaces = bytes.subarray(from).indexOf(QUOTE);
  return moveOn(anchor, bytes.subarray(1, from + Math.max(0, spaces)));
}

const QUOTE = 0x22;
