import { ReaderError, type ReaderErrorCode } from "../errors.ts";
import { JsonFault, parseExact } from "./exact.ts";
import type { ResolvedJsonOptions } from "./options.ts";
import { pathText, type PathNode } from "./paths.ts";
import { moveOn, placeOf, type Anchor } from "./place.ts";
import { isCutCharacter, textOf, validLength } from "./utf8.ts";
import type { JsonValue } from "./value.ts";

/** A container whose elements are to be visited; its opening bracket has just been read. */
export interface Entered {
  readonly written: string;
  readonly kind: "array" | "map";
  readonly steps: readonly (string | number)[];
}

interface Frame {
  readonly kind: "array" | "map";
  /** Where the paths are that lead through here; null: nowhere near one. */
  readonly node: PathNode | null;
  /** Where the key of the member at hand stands, with its quotes. */
  key: { readonly from: number; readonly to: number } | null;
  index: number;
}

/** From here on the outline's bytes are the document's, up to the next stretch. */
interface Stretch {
  readonly at: number;
  readonly anchor: Anchor;
}

/**
 * Everything around the visited elements: kept, and judged as one small document at the end, with the visited containers empty.
 * While it goes by, it is only looked at closely enough to know where in the structure it is.
 */
export class Outline {
  readonly #options: ResolvedJsonOptions;
  readonly #root: PathNode;
  readonly #frames: Frame[] = [];
  readonly #stretches: Stretch[] = [];
  readonly #visited = new Set<string>();
  #bytes: Buffer = Buffer.allocUnsafe(4096);
  #length = 0;
  #inString = false;
  #escaped = false;
  #stringStart = 0;
  #complete = false;

  constructor(root: PathNode, options: ResolvedJsonOptions) {
    this.#root = root;
    this.#options = options;
    this.#stretches.push({ at: 0, anchor: { byte: 0, line: 1, lineStart: 0 } });
  }

  /** Takes bytes up to and with the bracket that opens a visited container, or all of them. */
  take(chunk: Buffer): { readonly taken: number; readonly entered: Entered | null } {
    const from = this.#length;
    this.#append(chunk);
    for (let at = from; at < this.#length; at += 1) {
      const entered = this.#step(this.#bytes[at] ?? 0, at);
      if (entered === null) continue;
      this.#length = at + 1;
      return { taken: at + 1 - from, entered };
    }
    const { outlineBytesMax } = this.#options;
    if (this.#length > outlineBytesMax) this.#refuseSize(outlineBytesMax);
    return { taken: chunk.length, entered: null };
  }

  /** The visited container has ended: its bracket stands at `anchor`. */
  leave(bracket: number, anchor: Anchor): void {
    this.#stretches.push({ at: this.#length, anchor });
    this.#append(Buffer.from([bracket]));
    this.#complete = this.#frames.length === 0;
  }

  /** Where the next byte is. */
  anchor(): Anchor {
    return this.#anchorAt(this.#length);
  }

  /** Where in the structure: the keys and indexes so far. */
  steps(): (string | number)[] {
    return this.#frames.flatMap((frame): (string | number)[] => (frame.kind === "array" ? [frame.index] : frame.key === null ? [] : [this.#textOfKey(frame.key)]));
  }

  /** The whole outline as a value. @throws ReaderError when it is no JSON. */
  judge(): JsonValue {
    const markBytes = this.#bytes.subarray(0, Math.min(this.#length, BYTE_ORDER_MARK.length)).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
    const bytes = this.#bytes.subarray(markBytes, this.#length);
    const text = textOf(bytes);
    if (text === null) return this.#refuseBytes(bytes, markBytes);
    if (/^[ \t\n\r]*$/.test(text)) return this.#refuse("empty", "there is nothing in the document", this.#length, []);
    try {
      return parseExact(text, this.#options).value;
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      return this.#refuse(error.code, error.message, markBytes + Buffer.byteLength(text.slice(0, error.at)), error.steps);
    }
  }

  #step(byte: number, at: number): Entered | null {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BYTE.backslash) this.#escaped = true;
      else if (byte === BYTE.quote) this.#endString(at + 1);
      return null;
    }
    if (this.#complete && byte > BYTE.space) return this.#malformed(at);
    switch (byte) {
      case BYTE.quote:
        this.#inString = true;
        this.#stringStart = at;
        return null;
      case BYTE.openArray:
        return this.#open("array", at);
      case BYTE.openMap:
        return this.#open("map", at);
      case BYTE.closeArray:
      case BYTE.closeMap:
        if (this.#frames.pop()?.kind !== (byte === BYTE.closeArray ? "array" : "map")) this.#malformed(at);
        this.#complete = this.#frames.length === 0;
        return null;
      case BYTE.comma:
        this.#nextMember();
        return null;
      default:
        return null;
    }
  }

  #endString(to: number): void {
    this.#inString = false;
    const frame = this.#frames.at(-1);
    if (frame?.kind === "map") frame.key ??= { from: this.#stringStart, to };
  }

  #nextMember(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return;
    frame.key = null;
    frame.index += 1;
  }

  #open(kind: "array" | "map", at: number): Entered | null {
    if (this.#frames.length >= this.#options.depthMax) this.#refuse("too_deep", `more than ${this.#options.depthMax} arrays and objects inside each other`, at);
    const node = this.#nodeHere();
    const target = node?.target ?? null;
    if (target === null || (target.kind !== "either" && target.kind !== kind)) {
      this.#frames.push({ kind, node, key: null, index: 0 });
      return null;
    }
    const steps = this.steps();
    const path = pathText(steps);
    if (this.#visited.has(path)) this.#refuse("duplicate_key", `${path} stands twice in the document`, at, steps);
    this.#visited.add(path);
    return { written: target.written, kind, steps };
  }

  #nodeHere(): PathNode | null {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return this.#root;
    if (frame.kind === "array" || frame.key === null || frame.node === null) return null;
    return frame.node.children.get(this.#textOfKey(frame.key)) ?? null;
  }

  #textOfKey({ from, to }: { readonly from: number; readonly to: number }): string {
    const written = this.#bytes.toString("utf8", from, to);
    try {
      return String(JSON.parse(written));
    } catch {
      // It will be refused when the outline is judged.
      return written;
    }
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  /** The byte here cannot be right: whoever judges the outline up to it will say why. */
  #malformed(at: number): never {
    this.#length = at + 1;
    this.judge();
    return this.#refuse("malformed", "this cannot stand here", at);
  }

  #refuseSize(bytesMax: number): never {
    const fault = this.#faultBefore(this.#bytes.subarray(0, bytesMax));
    return this.#refuse("outline_too_large", `more than ${bytesMax} bytes that are not visited`, bytesMax, fault?.steps ?? []);
  }

  #refuseBytes(bytes: Buffer, markBytes: number): never {
    const good = validLength(bytes);
    const fault = this.#faultBefore(bytes.subarray(0, good));
    if (fault !== null && fault.code !== "truncated") this.#refuse(fault.code, fault.message, markBytes + fault.before, fault.steps);
    if (isCutCharacter(bytes.subarray(good))) return this.#refuse("truncated", "the document breaks off in a character", markBytes + good, fault?.steps);
    return this.#refuse("invalid_bytes", "bytes that are not UTF-8", markBytes + good, fault?.steps);
  }

  /** What is wrong with these bytes; at least that they break off. */
  #faultBefore(bytes: Buffer): { readonly code: ReaderErrorCode; readonly message: string; readonly before: number; readonly steps: readonly (string | number)[] } | null {
    const text = bytes.toString("utf8");
    try {
      parseExact(text, this.#options);
      return null;
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      return { code: error.code, message: error.message, before: Buffer.byteLength(text.slice(0, error.at)), steps: error.steps };
    }
  }

  #refuse(code: ReaderErrorCode, detail: string, at: number, steps: readonly (string | number)[] = this.steps()): never {
    throw new ReaderError(code, detail, placeOf(this.#anchorAt(at), pathText(steps)));
  }

  #anchorAt(offset: number): Anchor {
    const stretch = this.#stretches.findLast(({ at }) => at <= offset);
    if (stretch === undefined) throw new Error("the outline has no beginning");
    return moveOn(stretch.anchor, this.#bytes.subarray(stretch.at, offset));
  }
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const BYTE = { space: 0x20, quote: 0x22, comma: 0x2c, openArray: 0x5b, backslash: 0x5c, closeArray: 0x5d, openMap: 0x7b, closeMap: 0x7d } as const;
