// JSON's grammar as a machine that is fed single bytes: it holds no value, so nesting and length cost it one bit a level.
import { createBitStack } from "./bit-stack.ts";

export class SyntaxProblem extends Error {
  override readonly name = "SyntaxProblem";
}

/** What a byte did, as far as anybody above cares. */
export type Step =
  | "inside"
  | "space"
  /** The first byte of a string, number, word or container that is a value. */
  | "value-starts"
  /** The first byte of a string that is a key. */
  | "key-starts"
  | "key-ends"
  /** This byte is the last one of a value. */
  | "value-ends"
  /** `,` `:` or a bracket that ended a number before it. */
  | "mark";

export interface JsonSyntax {
  /** @throws SyntaxProblem */
  feed(byte: number): Step;
  /** After `feed`: whether a number ended just before that byte. */
  readonly numberEnded: boolean;
  /** Containers that are open. */
  readonly depth: number;
  /** How many further bytes from `at` on are plain text of a string: they need not be fed one by one. */
  skip(chunk: Uint8Array, at: number): number;
  /** @throws SyntaxProblem when the document is not complete. */
  end(): void;
}

const S = {
  value: 0,
  valueOrEnd: 1,
  keyOrEnd: 2,
  key: 3,
  colon: 4,
  commaOrEnd: 5,
  string: 6,
  escape: 7,
  unicode: 8,
  word: 9,
  minus: 10,
  zero: 11,
  whole: 12,
  point: 13,
  fraction: 14,
  exponent: 15,
  sign: 16,
  power: 17,
  done: 18,
} as const;
type State = (typeof S)[keyof typeof S];

const WORDS = new Map([
  [0x74, "true"],
  [0x66, "false"],
  [0x6e, "null"],
]);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));

export function createJsonSyntax(): JsonSyntax {
  const objects = createBitStack();
  let state: State = S.value;
  let inKey = false;
  let digits = 0;
  let word = "";
  let wordAt = 0;
  let numberEnded = false;

  function afterValue(): void {
    state = objects.depth === 0 ? S.done : S.commaOrEnd;
  }

  function startValue(byte: number): Step {
    if (byte === QUOTE) {
      inKey = false;
      state = S.string;
    } else if (byte === 0x7b || byte === 0x5b) {
      objects.push(byte === 0x7b);
      state = byte === 0x7b ? S.keyOrEnd : S.valueOrEnd;
    } else if (byte === 0x2d) state = S.minus;
    else if (byte === 0x30) state = S.zero;
    else if (isDigit(byte)) state = S.whole;
    else {
      const expected = WORDS.get(byte);
      if (expected === undefined) throw new SyntaxProblem("a value was expected");
      word = expected;
      wordAt = 1;
      state = S.word;
    }
    return "value-starts";
  }

  function inString(byte: number): Step {
    if (byte === QUOTE) {
      if (inKey) {
        state = S.colon;
        return "key-ends";
      }
      afterValue();
      return "value-ends";
    }
    if (byte === BACKSLASH) state = S.escape;
    else if (byte < 0x20) throw new SyntaxProblem("a control character stands in a string");
    return "inside";
  }

  function inEscape(byte: number): Step {
    if (byte === 0x75) {
      state = S.unicode;
      digits = 0;
    } else if (ESCAPES.has(byte)) state = S.string;
    else throw new SyntaxProblem("there is no such escape");
    return "inside";
  }

  function inUnicode(byte: number): Step {
    if (!isHex(byte)) throw new SyntaxProblem("a \\u escape needs four digits");
    digits += 1;
    if (digits === 4) state = S.string;
    return "inside";
  }

  function inWord(byte: number): Step {
    if (byte !== word.charCodeAt(wordAt)) throw new SyntaxProblem(`${word} was expected`);
    wordAt += 1;
    if (wordAt < word.length) return "inside";
    afterValue();
    return "value-ends";
  }

  /** The number ends with the byte before this one, which is looked at again. */
  function endNumber(byte: number): Step {
    numberEnded = true;
    afterValue();
    return between(byte);
  }

  function inNumber(byte: number): Step {
    const digit = isDigit(byte);
    if (state === S.minus) {
      if (!digit) throw new SyntaxProblem("a digit was expected");
      state = byte === 0x30 ? S.zero : S.whole;
    } else if (state === S.zero && digit) throw new SyntaxProblem("a number begins with 0");
    else if (state === S.zero || state === S.whole || state === S.fraction) {
      if (digit) return "inside";
      if (byte === 0x2e && state !== S.fraction) state = S.point;
      else if (byte === 0x65 || byte === 0x45) state = S.exponent;
      else return endNumber(byte);
    } else if (state === S.point) {
      if (!digit) throw new SyntaxProblem("a digit was expected");
      state = S.fraction;
    } else if (state === S.exponent && (byte === 0x2b || byte === 0x2d)) state = S.sign;
    else if (digit) state = S.power;
    else if (state === S.power) return endNumber(byte);
    else throw new SyntaxProblem("a digit was expected");
    return "inside";
  }

  function close(byte: number): Step {
    if (objects.depth === 0 || objects.top() !== (byte === 0x7d)) throw new SyntaxProblem("the wrong bracket closes here");
    objects.pop();
    afterValue();
    return "value-ends";
  }

  function between(byte: number): Step {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return "space";
    if (state === S.value) return startValue(byte);
    if (state === S.valueOrEnd) return byte === 0x5d ? close(byte) : startValue(byte);
    if (state === S.commaOrEnd) {
      if (byte !== 0x2c) {
        if (byte === 0x7d || byte === 0x5d) return close(byte);
        throw new SyntaxProblem("a comma or a closing bracket was expected");
      }
      state = objects.top() ? S.key : S.value;
      return "mark";
    }
    if (state === S.colon) {
      if (byte !== 0x3a) throw new SyntaxProblem("a colon was expected");
      state = S.value;
      return "mark";
    }
    if (state === S.keyOrEnd && byte === 0x7d) return close(byte);
    if (state === S.done) throw new SyntaxProblem("something follows the document");
    if (byte !== QUOTE) throw new SyntaxProblem("a key was expected");
    inKey = true;
    state = S.string;
    return "key-starts";
  }

  return {
    feed(byte) {
      numberEnded = false;
      if (state <= S.commaOrEnd || state === S.done) return between(byte);
      if (state === S.string) return inString(byte);
      if (state === S.escape) return inEscape(byte);
      if (state === S.unicode) return inUnicode(byte);
      return state === S.word ? inWord(byte) : inNumber(byte);
    },
    get numberEnded() {
      return numberEnded;
    },
    get depth() {
      return objects.depth;
    },
    skip(chunk, at) {
      if (state !== S.string) return 0;
      let end = at;
      while (end < chunk.length) {
        const byte = chunk[end] ?? 0;
        if (byte === QUOTE || byte === BACKSLASH || byte < 0x20) break;
        end += 1;
      }
      return end - at;
    },
    end() {
      const complete = state === S.done || (objects.depth === 0 && (state === S.zero || state === S.whole || state === S.fraction || state === S.power));
      if (!complete) throw new SyntaxProblem("the document ends too early");
    },
  };
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
