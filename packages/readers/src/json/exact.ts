import type { ReaderErrorCode } from "../errors.ts";
import type { BigNumbers, DuplicateKeys, JsonValue } from "./value.ts";

/** JSON that is wrong, and where. */
export class JsonFault extends Error {
  readonly code: ReaderErrorCode;
  /** Characters before it in the text. */
  readonly at: number;
  /** Keys and indexes that lead to it. */
  readonly steps: readonly (string | number)[];

  constructor(code: ReaderErrorCode, detail: string, at: number, steps: readonly (string | number)[]) {
    super(detail);
    this.code = code;
    this.at = at;
    this.steps = steps;
  }
}

export interface ExactOptions {
  readonly depthMax: number;
  readonly bigNumbers: BigNumbers;
  readonly duplicateKeys: DuplicateKeys;
}

export interface ExactResult {
  readonly value: JsonValue;
  /** Where each element of the outermost array, or entry of the outermost object, begins. */
  readonly starts: readonly number[];
  /** The entries of the outermost object, as they stand. */
  readonly entries: readonly (readonly [string, JsonValue])[];
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
// oxlint-disable-next-line no-control-regex -- they are what a string may not contain
const PLAIN = /[^"\\\u0000-\u001f]*/y;

/**
 * Parses JSON as JSON.parse does, slower, and knows more about it: exact numbers, duplicate keys, depth, and the place of an error with the path to it.
 * It is used where the fast way found something that it cannot do.
 * @throws JsonFault
 */
export function parseExact(text: string, options: ExactOptions): ExactResult {
  const parser = new ExactParser(text, options);
  return parser.document();
}

class ExactParser {
  readonly #text: string;
  readonly #options: ExactOptions;
  readonly #steps: (string | number)[] = [];
  readonly #starts: number[] = [];
  readonly #entries: [string, JsonValue][] = [];
  #at = 0;

  constructor(text: string, options: ExactOptions) {
    this.#text = text;
    this.#options = options;
  }

  document(): ExactResult {
    this.#space();
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#unexpected("after the end of the document");
    return { value, starts: this.#starts, entries: this.#entries };
  }

  #value(): JsonValue {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #array(): JsonValue {
    const values: JsonValue[] = [];
    const outermost = this.#steps.length === 0;
    this.#open();
    if (this.#closes("]")) return values;
    for (let index = 0; ; index += 1) {
      this.#space();
      if (outermost) this.#starts.push(this.#at);
      this.#steps.push(index);
      values.push(this.#value());
      this.#steps.pop();
      this.#space();
      if (this.#closes("]")) return values;
      this.#take(",", "an array");
    }
  }

  #object(): JsonValue {
    const object: Record<string, JsonValue> = {};
    const keys = new Set<string>();
    const outermost = this.#steps.length === 0;
    this.#open();
    if (this.#closes("}")) return object;
    for (;;) {
      this.#space();
      const start = this.#at;
      if (this.#text[start] !== '"') this.#unexpected("instead of a key");
      const key = this.#string();
      this.#steps.push(key);
      if (keys.has(key) && this.#options.duplicateKeys === "refuse") this.#fault("duplicate_key", `the key ${shown(key)} stands twice in one object`, start);
      keys.add(key);
      this.#space();
      this.#take(":", "an object");
      this.#space();
      const value = this.#value();
      setOwn(object, key, value);
      if (outermost) {
        this.#starts.push(start);
        this.#entries.push([key, value]);
      }
      this.#steps.pop();
      this.#space();
      if (this.#closes("}")) return object;
      this.#take(",", "an object");
    }
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    let escaped = false;
    for (;;) {
      PLAIN.lastIndex = this.#at;
      PLAIN.test(this.#text);
      this.#at = PLAIN.lastIndex;
      const next = this.#text[this.#at];
      if (next === '"') break;
      if (next !== "\\") this.#unexpected("in a string");
      escaped = true;
      this.#escape();
    }
    this.#at += 1;
    // A string on its own is always read rightly; only keys of objects are not.
    return escaped ? String(JSON.parse(this.#text.slice(start, this.#at))) : this.#text.slice(start + 1, this.#at - 1);
  }

  #escape(): void {
    const letter = this.#text[this.#at + 1];
    const hex = this.#text.slice(this.#at + 2, this.#at + 6);
    if (letter === "u" && /^[\da-fA-F]{4}$/.test(hex)) this.#at += 6;
    else if (letter === "u" && /^[\da-fA-F]{0,3}$/.test(hex) && this.#at + 2 + hex.length === this.#text.length) this.#end();
    else if (letter === undefined) this.#end();
    else if ('"\\/bfnrt'.includes(letter)) this.#at += 2;
    else this.#fault("malformed", `\\${letter} is no escape`, this.#at);
  }

  #number(): JsonValue {
    const start = this.#at;
    NUMBER.lastIndex = start;
    const found = NUMBER.exec(this.#text);
    if (found === null) return this.#unexpected("instead of a value");
    const [written, fraction, exponent] = found;
    this.#at = NUMBER.lastIndex;
    const value = Number(written);
    const whole = fraction === undefined && exponent === undefined;
    if (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) return value;
    switch (this.#options.bigNumbers) {
      case "number":
        return value;
      case "string":
        return written;
      case "bigint":
        return whole ? BigInt(written) : written;
      case "error":
        return this.#fault("inexact_number", `${written.slice(0, 40)} is beyond what a number can hold exactly`, start);
    }
  }

  #word(word: string, value: JsonValue): JsonValue {
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) this.#unexpected("instead of a value");
      this.#at += 1;
    }
    return value;
  }

  #open(): void {
    if (this.#steps.length >= this.#options.depthMax) this.#fault("too_deep", `more than ${this.#options.depthMax} arrays and objects inside each other`, this.#at);
    this.#at += 1;
    this.#space();
  }

  #closes(bracket: string): boolean {
    if (this.#text[this.#at] !== bracket) return false;
    this.#at += 1;
    return true;
  }

  #take(mark: string, where: string): void {
    if (this.#text[this.#at] !== mark) this.#unexpected(`instead of ${mark} in ${where}`);
    this.#at += 1;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #unexpected(where: string): never {
    const next = this.#text.codePointAt(this.#at);
    if (next === undefined) return this.#end();
    if (",]}".includes(String.fromCodePoint(next)) && where.startsWith("instead of a "))
      return this.#fault("malformed", `something is missing before ${shown(String.fromCodePoint(next))}`, this.#at);
    const control = next < 0x20 ? `the control character U+${next.toString(16).padStart(4, "0")}` : JSON.stringify(String.fromCodePoint(next));
    return this.#fault("malformed", `${control} ${where}`, this.#at);
  }

  #end(): never {
    return this.#fault("truncated", "the document breaks off", this.#text.length);
  }

  #fault(code: ReaderErrorCode, detail: string, at: number): never {
    throw new JsonFault(code, detail, at, [...this.#steps]);
  }
}

/** Assignment to `__proto__` would change the object instead of filling it. */
function setOwn(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key === "__proto__") Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

function shown(key: string): string {
  return JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key);
}
