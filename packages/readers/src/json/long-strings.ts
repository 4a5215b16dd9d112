import type { Scanner } from "./scanner.ts";

/** What JSON.parse makes, before anybody else has it. */
export type FreshJson = null | boolean | number | string | FreshJson[] | { [key: string]: FreshJson };

/** The strings that marks stand for, in their order; null when JSON.parse refuses one of them. */
export function readLongStrings(scanner: Scanner, count: number, encoding: "latin1" | "utf8"): readonly string[] | null {
  const strings: string[] = [];
  for (let mark = 0; mark < count; mark += 1) {
    const string = readLongString(scanner, mark, encoding);
    if (string === null) return null;
    strings.push(string);
  }
  return strings;
}

function readLongString({ wasm, memory, scratch }: Scanner, mark: number, encoding: "latin1" | "utf8"): string | null {
  const length = wasm.unescape(mark, scratch);
  if (length >= 0) return memory.toString(wasm.isWide() === 0 ? "latin1" : encoding, scratch, scratch + length);
  try {
    return String(JSON.parse(memory.toString(encoding, wasm.stringStart(mark) - 1, wasm.stringEnd(mark) + 1)));
  } catch {
    return null;
  }
}

export interface PutBack {
  /** Marks that were found. */
  readonly marks: number;
  /** Keys of all objects inside, as `countKeys` counts them. */
  readonly keys: number;
}

/** Puts the strings where their marks are. */
export function putBack(values: FreshJson[], strings: readonly string[]): PutBack {
  const walk = new Walk(strings);
  walk.inside(values);
  return walk;
}

const MARK = 0x7f;

class Walk implements PutBack {
  readonly #strings: readonly string[];
  marks = 0;
  keys = 0;

  constructor(strings: readonly string[]) {
    this.#strings = strings;
  }

  /** One function for both, which calls itself: see countKeys. */
  inside(value: FreshJson[] | { [key: string]: FreshJson }): void {
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index += 1) {
        const each = value[index];
        if (typeof each === "string") {
          if (each.charCodeAt(0) === MARK) value[index] = this.#stringOf(each);
        } else if (typeof each === "object" && each !== null) this.inside(each);
      }
      return;
    }
    // As in countKeys: all keys are the object's own, `__proto__` included.
    // oxlint-disable-next-line guard-for-in
    for (const key in value) {
      this.keys += 1;
      const each = value[key];
      if (typeof each === "string") {
        if (each.charCodeAt(0) === MARK) value[key] = this.#stringOf(each);
      } else if (typeof each === "object" && each !== null) this.inside(each);
    }
  }

  #stringOf(mark: string): string {
    const string = this.#strings[Number(mark.slice(1))];
    if (string === undefined) return mark;
    this.marks += 1;
    return string;
  }
}
