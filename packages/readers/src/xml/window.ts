import { isAscii } from "node:buffer";
import { CLOSE_BRACKET, LAST_PLANE, LINE_FEED, RETURN, SPACE, type Stops } from "./bytes.ts";
import type { ReaderErrorCode } from "../errors.ts";
import type { TextGatherer } from "./text-gatherer.ts";
import type { Encoding } from "./encoding.ts";

/** There is nothing more to look at, for now or at all. */
export const OUT_OF_BYTES = -1;

const CAPACITY_BYTES_MIN = 160 * 1024;
const CAPACITY_BYTES_KEPT = 1024 * 1024;

/** Told what is wrong and at which byte of the window. */
export type Refuse = (code: ReaderErrorCode, detail: string, at: number) => never;

/**
 * The part of the document at hand, as valid UTF-8 that ends with a whole character, and where it lies in the document.
 * `line` and `lineStart` hold for `at`; everything before `at` has been dealt with.
 */
export class Window {
  bytes: Buffer = Buffer.allocUnsafeSlow(CAPACITY_BYTES_MIN);
  /** The same bytes, four at a time. */
  #quadruples = quadruplesOf(this.bytes);
  at = 0;
  end = 0;
  /** Nothing comes after `end`. */
  final = false;
  line = 1;
  /** Index of the first byte of the line; negative when it is gone. */
  lineStart = 0;
  readonly #encoding: Encoding;
  readonly #refuse: Refuse;
  /** Bytes of the document, as it was written, before `bytes[0]`. */
  #droppedBytes: number;
  /** Characters of the line before `bytes[0]`, while `lineStart` is negative. */
  #droppedColumns = 0;
  #ascii = true;
  /** The last column that was counted, from where the next one is counted on. */
  #columnMark = { at: 0, column: 0 };
  #unitMark = { at: 0, units: 0 };

  constructor(encoding: Encoding, markBytes: number, refuse: Refuse) {
    this.#encoding = encoding;
    this.#droppedBytes = markBytes;
    this.#refuse = refuse;
  }

  append(chunk: Uint8Array): void {
    const dropped = this.at > 0;
    if (dropped) this.#drop();
    const needed = this.end + chunk.length;
    if (needed > this.bytes.length) this.#move(Math.max(needed + (-needed & 3), this.bytes.length * 2));
    this.bytes.set(chunk, this.end);
    this.end = needed;
    this.#ascii = dropped ? isAscii(this.bytes.subarray(0, this.end)) : this.#ascii && isAscii(chunk);
  }

  /** Forgets what lies before `at`. */
  #drop(): void {
    const { at } = this;
    this.#droppedColumns = this.columnAt(at);
    this.#droppedBytes = this.byteAt(at);
    this.lineStart -= at;
    this.#columnMark = { at: 0, column: this.lineStart < 0 ? this.#droppedColumns : 0 };
    this.#unitMark = { at: 0, units: 0 };
    this.bytes.copyWithin(0, at, this.end);
    this.end -= at;
    this.at = 0;
    if (this.bytes.length > CAPACITY_BYTES_KEPT && this.end < CAPACITY_BYTES_MIN / 2) this.#move(CAPACITY_BYTES_MIN);
  }

  #move(capacityBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(capacityBytes);
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
    this.#quadruples = quadruplesOf(larger);
  }

  /**
   * Goes on from `at` to the next byte that means something in this kind of text, keeps what it passes and counts lines.
   * Line ends become a line feed. Stands at the byte that it answers, or at the end.
   */
  passPlain({ table, inText }: Stops, text: TextGatherer): number {
    const { bytes, end } = this;
    let at = this.at;
    let from = at;
    for (;;) {
      const near = inText ? Math.min(end, (at + SHORT_RUN_BYTES) & ~3) : end;
      while (at < near && table[bytes[at] ?? 0] === 0) at += 1;
      if (inText && at === near && at < end) {
        at = passQuadruples(this.#quadruples, at, end);
        while (at < end && table[bytes[at] ?? 0] === 0) at += 1;
      }
      const byte = at < end ? (bytes[at] ?? 0) : OUT_OF_BYTES;
      if (byte === LINE_FEED) {
        at += 1;
        this.line += 1;
        this.lineStart = at;
        continue;
      }
      // A bracket alone is text; what follows the last one at hand is not known yet.
      if (byte === CLOSE_BRACKET && at + 1 < end && bytes[at + 1] !== CLOSE_BRACKET) {
        at += 1;
        continue;
      }
      if (byte === RETURN && (at + 1 < end || this.final)) {
        text.keep(bytes, from, at);
        at += 1;
        from = at;
        if (at < end && bytes[at] === LINE_FEED) continue;
        text.add("\n");
        this.line += 1;
        this.lineStart = at;
        continue;
      }
      if (byte === LAST_PLANE && !isNonCharacter(bytes, at)) {
        at += 3;
        continue;
      }
      text.keep(bytes, from, at);
      this.at = at;
      if (byte === RETURN) return OUT_OF_BYTES;
      if (byte >= 0 && (byte < SPACE || byte === LAST_PLANE)) this.#refuse("malformed", wordCharacter(bytes, at), at);
      return byte;
    }
  }

  /** Takes what has been looked at, counting its lines. */
  take(to: number, hasLines: boolean): void {
    if (hasLines) this.#countLines(to);
    this.at = to;
  }

  #countLines(to: number): void {
    for (let at = this.at; at < to; at += 1) {
      const byte = this.bytes[at];
      if (byte !== LINE_FEED && (byte !== RETURN || this.bytes[at + 1] === LINE_FEED)) continue;
      this.line += 1;
      this.lineStart = at + 1;
    }
  }

  /** Characters since the line began. */
  columnAt(at: number): number {
    const from = Math.max(this.lineStart, 0);
    const before = this.lineStart < 0 ? this.#droppedColumns : 0;
    if (this.#ascii) return before + at - from;
    const mark = this.#columnMark;
    const start = mark.at >= from && mark.at <= at ? mark : { at: from, column: before };
    const column = start.column + countCharacters(this.bytes, start.at, at);
    this.#columnMark = { at, column };
    return column;
  }

  /** Offset in the document as it was written. */
  byteAt(at: number): number {
    const unitBytes = UNIT_BYTES[this.#encoding];
    return this.#droppedBytes + (unitBytes === null || this.#ascii ? at * (unitBytes ?? 1) : this.#unitsBefore(at) * unitBytes);
  }

  /** What one byte, or one pair of bytes, of the document became: counted on from where it was last asked for. */
  #unitsBefore(at: number): number {
    const start = this.#unitMark.at <= at ? this.#unitMark : { at: 0, units: 0 };
    const units = start.units + countUnits(this.bytes, start.at, at, this.#encoding);
    this.#unitMark = { at, units };
    return units;
  }
}

/** Bytes of one unit in the document, where that is not UTF-8 itself. */
const UNIT_BYTES: Readonly<Record<Encoding, number | null>> = { "utf-8": null, "utf-16le": 2, "utf-16be": 2, "iso-8859-1": 1, "windows-1252": 1 };

/** A run of text up to this length is passed byte by byte. */
const SHORT_RUN_BYTES = 16;

function quadruplesOf(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

/**
 * Goes on to the first group of four bytes, of those that lie at a multiple of four, that holds a byte below a space, above ASCII, or one that means something
 * in any kind of text. In long logs this is more than twice as fast as byte by byte. A byte that is zero in `x` sets the top bit of `(x - 0x01…) & ~x` at or below it.
 */
function passQuadruples(quadruples: Int32Array, from: number, end: number): number {
  if ((from & 3) !== 0) return from;
  const last = end >> 2;
  let index = from >> 2;
  while (index < last) {
    const x = quadruples[index] ?? 0;
    const less = x ^ 0x3c3c3c3c;
    const ampersand = x ^ 0x26262626;
    const bracket = x ^ 0x5d5d5d5d;
    const low = (x - 0x20202020) & ~x;
    const meaning = ((less - 0x01010101) & ~less) | ((ampersand - 0x01010101) & ~ampersand) | ((bracket - 0x01010101) & ~bracket);
    if (((x | low | meaning) & 0x80808080) !== 0) break;
    index += 1;
  }
  return index << 2;
}

export function isNonCharacter(bytes: Buffer, at: number): boolean {
  return bytes[at + 1] === 0xbf && (bytes[at + 2] ?? 0) >= 0xbe;
}

/** "the character U+001B may not occur in XML" */
export function wordCharacter(bytes: Buffer, at: number): string {
  const byte = bytes[at] ?? 0;
  const code = byte < SPACE ? byte : 0xff_fe + ((bytes[at + 2] ?? 0) & 1);
  return `the character U+${code.toString(16).toUpperCase().padStart(4, "0")} may not occur in XML`;
}

function countCharacters(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += 1) if (((bytes[at] ?? 0) & 0xc0) !== 0x80) count += 1;
  return count;
}

/** Characters, those beyond U+FFFF twice in UTF-16. */
function countUnits(bytes: Buffer, from: number, to: number, encoding: Encoding): number {
  const pairs = encoding === "utf-16le" || encoding === "utf-16be";
  let count = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if ((byte & 0xc0) !== 0x80) count += pairs && byte >= 0xf0 ? 2 : 1;
  }
  return count;
}
