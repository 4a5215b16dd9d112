/** A name as it is written in the document, known by its bytes. */
export interface Name {
  readonly bytes: Uint8Array;
  readonly written: string;
  /** Without its prefix. */
  readonly local: string;
  /** `xmlns` or `xmlns:…`: says something of names, is no attribute. */
  readonly declaresNamespace: boolean;
  readonly prefixed: boolean;
}

const START = String.raw`:_A-Za-z\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2FF}\u{370}-\u{37D}\u{37F}-\u{1FFF}\u{200C}\u{200D}\u{2070}-\u{218F}\u{2C00}-\u{2FEF}\u{3001}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{EFFFF}`;
const NAME = new RegExp(String.raw`^[${START}][${START}\-.0-9\u{B7}\u{300}-\u{36F}\u{203F}\u{2040}]*$`, "u");

/** Slots of the table of names; a name that falls on another one takes its slot, so endless new names never take more room. */
const SLOTS = 1024;

/** Turns the bytes of a name into one string that is made once for all its occurrences. */
export class Names {
  readonly #slots: (Name | null)[] = Array.from({ length: SLOTS }, () => null);

  /** null when the bytes are no name. */
  find(bytes: Buffer, from: number, to: number): Name | null {
    const length = to - from;
    const middle = bytes[from + (length >> 1)] ?? 0;
    const hash = length * 31 + (bytes[from] ?? 0) * 7 + (bytes[from + 1] ?? 0) * 3 + middle * 61 + (bytes[to - 1] ?? 0) * 157;
    const slot = hash & (SLOTS - 1);
    const known = this.#slots[slot] ?? null;
    if (known !== null && isSame(known.bytes, bytes, from, length)) return known;
    const made = makeName(bytes, from, to);
    if (made !== null) this.#slots[slot] = made;
    return made;
  }
}

export function isName(written: string): boolean {
  return NAME.test(written);
}

function isSame(known: Uint8Array, bytes: Buffer, from: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (known[index] !== bytes[from + index]) return false;
  return true;
}

function makeName(bytes: Buffer, from: number, to: number): Name | null {
  const written = bytes.toString("utf8", from, to);
  if (!isName(written)) return null;
  const colon = written.indexOf(":");
  const local = written.slice(colon + 1);
  return {
    bytes: Uint8Array.prototype.slice.call(bytes, from, to),
    written,
    local: local === "" ? written : local,
    declaresNamespace: written === "xmlns" || written.startsWith("xmlns:"),
    prefixed: colon >= 0,
  };
}
