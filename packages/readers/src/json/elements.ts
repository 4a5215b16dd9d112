import { ReaderError, type ReaderErrorCode } from "../errors.ts";
import { KeyMemory } from "./key-memory.ts";
import type { ResolvedJsonOptions } from "./options.ts";
import type { Entered } from "./outline.ts";
import { anchorOfEntry, explain, parseBatch, type ParsedBatch, type RawBatch } from "./parse-batch.ts";
import { pathText } from "./paths.ts";
import { moveOn, moveOnBy, placeOf, type Anchor } from "./place.ts";
import { DATA_START, SCAN_ANSWER, SCAN_MODE, type Scanner } from "./scanner.ts";
import type { JsonValue } from "./value.ts";

/** Some whole elements of a visited container, in the order of the document. */
export interface JsonBatch {
  /** Where the container is: `$.result.items`. */
  readonly path: string;
  /** The path of `visit` that led here, as it was written. */
  readonly visited: string;
  readonly kind: "array" | "map";
  /** Position of the first value in its container, from 0. */
  readonly firstIndex: number;
  readonly values: readonly JsonValue[];
  /** The key of each value, in a map; null in an array. */
  readonly keys: readonly string[] | null;
  /** The document's bytes that the batch was cut from. */
  readonly startByte: number;
  readonly endByte: number;
}

const BYTE = { openArray: 0x5b, closeArray: 0x5d, openMap: 0x7b, closeMap: 0x7d } as const;

/** The elements of one container: gathers bytes, cuts behind the last whole element, parses what was cut off as one array. */
export class Elements {
  readonly #scanner: Scanner;
  readonly #options: ResolvedJsonOptions;
  readonly #entered: Entered;
  readonly #path: string;
  readonly #keys: KeyMemory | null;
  #anchor: Anchor;
  #index = 0;
  #held = 0;
  #flagsBefore = 0;
  /** Its closing bracket, once that was read. */
  closed: { readonly bracket: number; readonly anchor: Anchor } | null = null;

  constructor(scanner: Scanner, entered: Entered, anchor: Anchor, options: ResolvedJsonOptions) {
    this.#scanner = scanner;
    this.#options = options;
    this.#entered = entered;
    this.#anchor = anchor;
    this.#path = pathText(entered.steps);
    this.#keys = entered.kind === "map" && options.duplicateKeys === "refuse" ? new KeyMemory() : null;
    scanner.wasm.begin(SCAN_MODE[entered.kind], options.depthMax - entered.steps.length - 1, DATA_START);
  }

  get count(): number {
    return this.#index;
  }

  /** Takes bytes up to and with the closing bracket, or all of them; answers how many. */
  *take(chunk: Buffer): Generator<JsonBatch, number> {
    const { wasm } = this.#scanner;
    const from = DATA_START + this.#held;
    this.#scanner.reserve(this.#held + chunk.length);
    this.#scanner.memory.set(chunk, from);
    this.#held += chunk.length;
    const answer = wasm.scan(from, DATA_START + this.#held);
    if (answer === SCAN_ANSWER.tooDeep) this.#refuseAt(wasm.stoppedAt.value, "too_deep", `more than ${this.#options.depthMax} arrays and objects inside each other`);
    if (answer === SCAN_ANSWER.wrongSeparator) this.#refuseAt(wasm.stoppedAt.value, "malformed", `${this.#shown(wasm.stoppedAt.value)} cannot stand here`);
    if (wasm.longest.value > this.#options.elementBytesMax) this.#refuseLong(wasm.longestStart.value);
    if (answer >= 0) {
      yield* this.#close(answer);
      return answer + 1 - from;
    }
    if (wasm.cut.value >= 0) yield* this.#cut(wasm.cut.value);
    if (DATA_START + this.#held - wasm.elementStart.value > this.#options.elementBytesMax) this.#refuseLong(wasm.elementStart.value);
    return chunk.length;
  }

  /** Behind the last byte taken. */
  end(): Anchor {
    return moveOn(this.#anchor, this.#scanner.memory.subarray(DATA_START, DATA_START + this.#held));
  }

  /** The document has ended in the middle of it. @throws ReaderError always */
  breakOff(): never {
    return this.#refuseAt(DATA_START + this.#held, "truncated", "the document breaks off");
  }

  *#cut(cut: number): Generator<JsonBatch, void> {
    const { wasm, memory } = this.#scanner;
    const anchor = moveOnBy(this.#anchor, memory.subarray(DATA_START, cut + 1), wasm.linesAtCut.value);
    const batch = this.#parse(cut, wasm.keysAtCut.value, wasm.entriesAtCut.value);
    if (batch === null) return this.#refuseMissing(cut);
    const shift = cut + 1 - DATA_START;
    memory.copyWithin(DATA_START, cut + 1, DATA_START + this.#held);
    this.#held -= shift;
    wasm.taken(shift);
    this.#flagsBefore = wasm.flags.value;
    wasm.clearFlags();
    this.#anchor = anchor;
    yield batch;
  }

  *#close(bracketAt: number): Generator<JsonBatch, void> {
    const { wasm, memory } = this.#scanner;
    const bracket = memory[bracketAt] ?? 0;
    const anchor = moveOnBy(this.#anchor, memory.subarray(DATA_START, bracketAt), wasm.lines.value);
    const batch = this.#parse(bracketAt, wasm.keys.value, wasm.entriesAtEnd());
    if (batch === null && this.#index > 0) this.#refuseMissing(bracketAt);
    if (bracket !== (this.#entered.kind === "map" ? BYTE.closeMap : BYTE.closeArray))
      throw this.#error("malformed", `${this.#shown(bracketAt)} instead of the other bracket`, anchor);
    this.closed = { bracket, anchor };
    if (batch !== null) yield batch;
  }

  /** What lies before `end`, as values; null when there are none. */
  #parse(end: number, keys: number, entries: number): JsonBatch | null {
    const { memory } = this.#scanner;
    const raw = this.#raw(end, keys, entries);
    const mark = memory[end] ?? 0;
    memory[end] = raw.entries === null ? BYTE.closeArray : BYTE.closeMap;
    let batch: ParsedBatch | null;
    try {
      batch = parseBatch(raw, this.#options);
    } catch (error) {
      // At the bracket that only stands for what is really there.
      if (!(error instanceof ReaderError) || error.code !== "malformed" || error.byte !== this.#anchor.byte + end - DATA_START) throw error;
      batch = null;
    } finally {
      memory[end] = mark;
    }
    if (batch?.keys !== null && batch !== null) this.#remember(batch.keys, raw);
    if (batch === null) return this.#refuseMissing(end);
    if (batch.values.length === 0) return null;
    const firstIndex = this.#index;
    this.#index += batch.values.length;
    const { byte } = this.#anchor;
    return { path: this.#path, visited: this.#entered.written, kind: this.#entered.kind, firstIndex, ...batch, startByte: byte, endByte: byte + end - DATA_START };
  }

  /** With a bracket at either end. */
  #raw(end: number, keys: number, entries: number): RawBatch {
    const { memory, wasm } = this.#scanner;
    const isMap = this.#entered.kind === "map";
    memory[DATA_START - 1] = isMap ? BYTE.openMap : BYTE.openArray;
    return {
      scanner: this.#scanner,
      bytes: memory.subarray(DATA_START - 1, end + 1),
      anchor: this.#anchor,
      steps: this.#entered.steps,
      firstIndex: this.#index,
      entries: isMap ? entries : null,
      flags: wasm.flags.value | this.#flagsBefore,
      keys,
    };
  }

  #remember(keys: readonly string[], raw: RawBatch): void {
    if (this.#keys === null) return;
    for (const [index, key] of keys.entries()) {
      if (this.#keys.add(key)) continue;
      const detail = `the key ${JSON.stringify(key.slice(0, 40))} stands twice in one object`;
      throw this.#error("duplicate_key", detail, anchorOfEntry(raw, index), pathText([...this.#entered.steps, key]));
    }
  }

  /** What is wrong before this place is said first: the exact parser knows, and knows the path to where it stops. */
  #refuseAt(at: number, code: ReaderErrorCode, detail: string): never {
    const raw = this.#raw(at, 0, 0);
    const upTo = { ...raw, bytes: raw.bytes.subarray(0, code === "too_deep" ? raw.bytes.length : raw.bytes.length - 1) };
    const found = explain(upTo, this.#options);
    if (found !== null && (found.code !== "truncated" || code === "truncated")) throw found;
    throw this.#error(code, detail, moveOn(this.#anchor, this.#scanner.memory.subarray(DATA_START, at)), found?.path ?? this.#path);
  }

  #refuseMissing(before: number): never {
    return this.#refuseAt(before, "malformed", `something is missing before ${this.#shown(before)}`);
  }

  #shown(at: number): string {
    return JSON.stringify(String.fromCharCode(this.#scanner.memory[at] ?? 0));
  }

  #refuseLong(start: number): never {
    return this.#refuseAt(start, "element_too_large", `an element of more than ${this.#options.elementBytesMax} bytes begins here`);
  }

  #error(code: ReaderErrorCode, detail: string, anchor: Anchor, path = this.#path): ReaderError {
    return new ReaderError(code, detail, placeOf(anchor, path));
  }
}
