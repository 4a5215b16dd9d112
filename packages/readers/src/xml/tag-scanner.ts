import { APOSTROPHE, AMPERSAND, EQUALS, GREATER, isWhite, LAST_PLANE, LESS, LINE_FEED, NAME_BYTES, QUOTE, RETURN, SLASH, SPACE, TAB, VALUE_STOPS } from "./bytes.ts";
import { isNonCharacter, OUT_OF_BYTES, wordCharacter, type Refuse, type Window } from "./window.ts";

export interface TagLimits {
  readonly attributesMax: number;
  readonly tokenBytesMax: number;
}

/** Numbers kept per attribute: where its name and its value lie, and whether the value is its bytes. */
export const PARTS = 5;

/**
 * Finds the parts of a start tag by their places. A tag that is not all there yet is looked at again, as a whole, when more has come:
 * nothing is carried over but bytes. What is wrong is refused at the first wrong byte, however much is there.
 */
export class TagScanner {
  nameFrom = 0;
  nameTo = 0;
  selfClosing = false;
  /** Neither a name nor a value holds a character beyond ASCII. */
  ascii = true;
  hasLines = false;
  /** Five numbers for each attribute; see PARTS. */
  readonly parts: number[] = [];
  count = 0;
  readonly #limits: TagLimits;
  readonly #refuse: Refuse;
  #valueDiffers = false;

  constructor(limits: TagLimits, refuse: Refuse) {
    this.#limits = limits;
    this.#refuse = refuse;
  }

  /** Scans the start tag whose "<" stands at `window.at`: the place after its ">", or OUT_OF_BYTES. */
  scan(window: Window): number {
    const { bytes, at: start } = window;
    const limit = Math.min(window.end, start + this.#limits.tokenBytesMax);
    this.#begin();
    let at = this.#passName(bytes, start + 1, limit);
    this.nameFrom = start + 1;
    this.nameTo = at;
    if (at < limit && at === start + 1) this.#refuse("malformed", "a < that begins no tag (in text it is written &lt;)", start);
    for (;;) {
      const afterWhite = this.#passWhite(bytes, at, limit);
      if (afterWhite >= limit) return this.#more(start, limit);
      const byte = bytes[afterWhite] ?? 0;
      if (byte === GREATER) return afterWhite + 1;
      if (byte === SLASH) return this.#endEmpty(bytes, start, afterWhite + 1, limit);
      if (afterWhite === at) this.#refuse("malformed", "white space is missing before an attribute", at);
      at = this.#passAttribute(bytes, afterWhite, limit);
      if (at >= limit) return this.#more(start, limit);
    }
  }

  #begin(): void {
    this.count = 0;
    this.ascii = true;
    this.hasLines = false;
    this.selfClosing = false;
  }

  #more(start: number, limit: number): typeof OUT_OF_BYTES {
    const { tokenBytesMax } = this.#limits;
    if (limit - start >= tokenBytesMax) this.#refuse("token_too_long", `a tag of more than ${tokenBytesMax} bytes begins here`, start);
    return OUT_OF_BYTES;
  }

  #endEmpty(bytes: Buffer, start: number, at: number, limit: number): number {
    if (at >= limit) return this.#more(start, limit);
    if (bytes[at] !== GREATER) this.#refuse("malformed", "a / in a tag that is not followed by >", at);
    this.selfClosing = true;
    return at + 1;
  }

  /** One attribute, from its name to the quote that ends it; answers `limit` when it is not all there. */
  #passAttribute(bytes: Buffer, nameFrom: number, limit: number): number {
    if (this.count >= this.#limits.attributesMax) this.#refuse("too_many_attributes", `an element has more than ${this.#limits.attributesMax} attributes`, nameFrom);
    const nameTo = this.#passName(bytes, nameFrom, limit);
    let at = this.#passWhite(bytes, nameTo, limit);
    if (at >= limit) return limit;
    if (nameTo === nameFrom) this.#refuse("malformed", "something in a tag that is no attribute", nameFrom);
    if (bytes[at] !== EQUALS) this.#refuse("malformed", "an attribute without a value", at);
    at = this.#passWhite(bytes, at + 1, limit);
    if (at >= limit) return limit;
    const quote = bytes[at] ?? 0;
    if (quote !== QUOTE && quote !== APOSTROPHE) this.#refuse("malformed", "an attribute's value without quotes", at);
    const valueFrom = at + 1;
    const valueTo = this.#passValue(bytes, valueFrom, limit, quote);
    if (valueTo >= limit) return limit;
    this.#note(nameFrom, nameTo, valueFrom, valueTo);
    return valueTo + 1;
  }

  #note(nameFrom: number, nameTo: number, valueFrom: number, valueTo: number): void {
    const { parts } = this;
    const index = this.count * PARTS;
    parts[index] = nameFrom;
    parts[index + 1] = nameTo;
    parts[index + 2] = valueFrom;
    parts[index + 3] = valueTo;
    parts[index + 4] = this.#valueDiffers ? 1 : 0;
    this.count += 1;
  }

  #passName(bytes: Buffer, from: number, limit: number): number {
    let at = from;
    let seen = 0;
    while (at < limit) {
      const byte = bytes[at] ?? 0;
      if (NAME_BYTES[byte] === 0) break;
      seen |= byte;
      at += 1;
    }
    if (seen >= 0x80) this.ascii = false;
    return at;
  }

  #passWhite(bytes: Buffer, from: number, limit: number): number {
    let at = from;
    while (at < limit) {
      const byte = bytes[at] ?? 0;
      if (byte !== SPACE) {
        if (!isWhite(byte)) break;
        this.hasLines = true;
      }
      at += 1;
    }
    return at;
  }

  /** Up to the quote that ends the value. */
  #passValue(bytes: Buffer, from: number, limit: number, quote: number): number {
    this.#valueDiffers = false;
    let at = from;
    for (;;) {
      while (at < limit && VALUE_STOPS[bytes[at] ?? 0] === 0) at += 1;
      if (at >= limit) return limit;
      const byte = bytes[at] ?? 0;
      if (byte === quote) return at;
      this.#meet(bytes, at, byte);
      at += 1;
    }
  }

  /** A byte of a value that is not simply itself. */
  #meet(bytes: Buffer, at: number, byte: number): void {
    if (byte >= 0x80) this.ascii = false;
    else if (byte === AMPERSAND || byte === TAB) this.#valueDiffers = true;
    else if (byte === LINE_FEED || byte === RETURN) {
      this.#valueDiffers = true;
      this.hasLines = true;
    } else if (byte === LESS) this.#refuse("malformed", "a < in an attribute's value (it is written &lt;)", at);
    if (byte < SPACE && !isWhite(byte)) this.#refuse("malformed", wordCharacter(bytes, at), at);
    if (byte === LAST_PLANE && isNonCharacter(bytes, at)) this.#refuse("malformed", wordCharacter(bytes, at), at);
  }
}
