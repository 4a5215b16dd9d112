import { countKeys } from "./count-keys.ts";
import { putBack, readLongStrings, type FreshJson } from "./long-strings.ts";
import type { Scanner } from "./scanner.ts";

/** A stretch of the scanner's memory that has been scanned: values and what stands between them. */
export interface Passage {
  readonly from: number;
  readonly to: number;
  /** `array`: commas between the values, and an array's brackets right before and behind. `map`: the entries of an object. `lines`: line feeds between the values. */
  readonly kind: "array" | "map" | "lines";
  /** Of a map; else 0. */
  readonly entries: number;
  /** Keys that all objects inside the values have together, as they are written. */
  readonly keys: number;
  /** What all of it is known to be. */
  readonly encoding: "latin1" | "utf8";
}

export interface PassageValues {
  readonly values: FreshJson[];
  /** True when no object inside names a key twice. */
  hasSingleKeys(): boolean;
}

/**
 * What JSON.parse makes of it; null when it refuses. Long strings do not go through JSON.parse, which looks at each of their characters twice: marks stand for them, short strings that are looked for afterwards.
 * Whether a string of the document looks like a mark is found out, not assumed: as many must be found as were written. If they are not, or if a key stands twice (a mark may have been lost with its value), the passage is read without marks.
 */
export function parsePassage(scanner: Scanner, passage: Passage): PassageValues | null {
  const { wasm, memory, scratch } = scanner;
  const { from, to, kind, entries, encoding } = passage;
  if (kind === "array" && wasm.hasLongString(to) === 0) return parsePlain(passage, memory.toString(encoding, from - 1, to + 1));
  const end = scratch + wasm.rewrite(from, to, scratch, entries);
  if (kind === "lines") wasm.joinLines(scratch, end);
  const text = memory.toString(encoding, scratch, end);
  const marks = wasm.marksWritten();
  const parsed = marks === 0 ? parsePlain(passage, text) : parseMarked(scanner, passage, text, marks);
  if (parsed !== "unsure") return parsed;
  wasm.forgetStrings();
  return parsePassage(scanner, passage);
}

function parsePlain({ keys }: Passage, text: string): PassageValues | null {
  const values = tryParse(text);
  return values === null ? null : { values, hasSingleKeys: () => countKeys(values) === keys };
}

function parseMarked(scanner: Scanner, { encoding, keys }: Passage, text: string, marks: number): PassageValues | "unsure" | null {
  const strings = readLongStrings(scanner, marks, encoding);
  const values = strings === null ? null : tryParse(text);
  if (strings === null || values === null) return null;
  const found = putBack(values, strings);
  return found.marks === marks && found.keys === keys ? { values, hasSingleKeys: () => true } : "unsure";
}

function tryParse(text: string): FreshJson[] | null {
  try {
    const values: unknown = JSON.parse(text);
    return Array.isArray(values) ? values : null;
  } catch {
    return null;
  }
}
