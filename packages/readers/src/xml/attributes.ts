import type { Name, Names } from "./names.ts";
import { readReference } from "./references.ts";
import { PARTS, type TagScanner } from "./tag-scanner.ts";
import type { Refuse } from "./window.ts";

/**
 * A record whose prototype holds nothing: `__proto__` and `constructor` are attributes like any other.
 * (An object without any prototype would be a slow dictionary to V8; this one is not.)
 */
class AttributeRecord {
  [name: string]: string;
}
Reflect.deleteProperty(AttributeRecord.prototype, "constructor");
Object.setPrototypeOf(AttributeRecord.prototype, null);

/** The strings of a tag up to this length are cut out of one copy of it; of a longer one each is copied by itself. */
const SHARED_BYTES_MAX = 1024;
/** Up to so many attributes are compared one with another; more are put into a set. */
const COMPARED_MAX = 12;

/** Makes the attributes of a scanned tag. What a handler keeps of them keeps at most the tag's own bytes alive. */
export class AttributeMaker {
  readonly #names: Names;
  readonly #refuse: Refuse;
  readonly #onReference: (at: number) => void;
  readonly #seen: Name[] = [];
  #many = new Set<string>();

  constructor(names: Names, refuse: Refuse, onReference: (at: number) => void) {
    this.#names = names;
    this.#refuse = refuse;
    this.#onReference = onReference;
  }

  make(bytes: Buffer, start: number, end: number, tag: TagScanner): Readonly<Record<string, string>> {
    const record = new AttributeRecord();
    const { count, parts } = tag;
    if (count === 0) return record;
    const shared = tag.ascii && end - start <= SHARED_BYTES_MAX ? bytes.toString("latin1", start, end) : null;
    for (let index = 0; index < count; index += 1) {
      const part = index * PARTS;
      const name = this.#nameOf(bytes, parts[part] ?? 0, parts[part + 1] ?? 0, index);
      const from = parts[part + 2] ?? 0;
      const to = parts[part + 3] ?? 0;
      const value = parts[part + 4] === 1 ? this.#resolve(bytes, from, to) : shared === null ? bytes.toString("utf8", from, to) : shared.slice(from - start, to - start);
      if (name.declaresNamespace) continue;
      if (!name.prefixed) record[name.local] = value;
      else record[name.local] ??= value;
    }
    return record;
  }

  #nameOf(bytes: Buffer, from: number, to: number, index: number): Name {
    const name = this.#names.find(bytes, from, to) ?? this.#refuse("malformed", "an attribute's name with a character that names cannot hold", from);
    if (this.#isSeen(name, index)) this.#refuse("malformed", `the attribute ${name.written} is given twice`, from);
    this.#seen[index] = name;
    return name;
  }

  #isSeen(name: Name, count: number): boolean {
    if (count > COMPARED_MAX) return this.#isSeenAmongMany(name, count);
    for (let index = 0; index < count; index += 1) if (this.#seen[index]?.written === name.written) return true;
    return false;
  }

  #isSeenAmongMany(name: Name, count: number): boolean {
    if (count === COMPARED_MAX + 1) this.#many = new Set(this.#seen.slice(0, count).map((seen) => seen.written));
    const { size } = this.#many;
    return this.#many.add(name.written).size === size;
  }

  /** References are replaced, white space becomes spaces, a line end one of them. */
  #resolve(bytes: Buffer, from: number, to: number): string {
    let value = "";
    let at = from;
    for (;;) {
      const next = bytes.indexOf(0x26, at);
      const stop = next < 0 || next >= to ? to : next;
      value += bytes.toString("utf8", at, stop).replaceAll(/\r\n?|[\n\t]/g, " ");
      if (stop === to) return value;
      this.#onReference(stop);
      const reference = readReference(bytes, stop, to);
      if (reference.kind === "more") return this.#refuse("malformed", "an ampersand that begins no reference (it is written &amp;)", stop);
      if (reference.kind === "refused") return this.#refuse("malformed", reference.detail, stop);
      value += reference.text;
      at = stop + reference.bytes;
    }
  }
}
