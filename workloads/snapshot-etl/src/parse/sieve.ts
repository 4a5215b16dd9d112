// Lets a profile's bytes through, checked by the grammar, with every value that nobody could want whole replaced by {"$omitted":true}.
// So what comes behind it sees small values only, however large or deep an unknown field is.
import { OMITTED, VALUE_BYTES_MAX } from "../mapping/extra.ts";
import { createJsonSyntax, type Step } from "./json-syntax.ts";

/** What a container is, by where it stands. Everything else is a leaf: taken whole, or not at all. */
type Role = "document" | "profile" | "collection" | "teams" | "item";

export interface Sieve {
  /** What is left of the chunk; views into it. @throws SyntaxProblem; `offset` is then where */
  push(chunk: Uint8Array): readonly Uint8Array[];
  /** @throws SyntaxProblem */
  end(): void;
  /** Bytes looked at. */
  readonly offset: number;
  /** Values left out so far. */
  readonly omitted: number;
}

const ITEM_COLLECTIONS: ReadonlySet<string> = new Set(["Troops", "Pets", "Artifacts"]);
const OMITTED_BYTES = Buffer.from(JSON.stringify(OMITTED));
const KEY_BYTES_MAX = 64;
/** A leaf that is nested deeper is left out like one that is too large. */
export const VALUE_DEPTH_MAX = 128;

export function createSieve(): Sieve {
  const syntax = createJsonSyntax();
  const roles: Role[] = [];
  /** Start of the current key; only its first bytes matter. */
  let key: number[] = [];
  let inKey = false;
  /** Depth of the container that the current leaf stands in; -1 outside of leaves. */
  let leafDepth = -1;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let offset = 0;
  let omitted = 0;

  /** The role of a container that opens here, or null for a leaf. */
  function roleOf(byte: number): Role | null {
    const parent = roles.at(-1);
    const isObject = byte === 0x7b;
    if (!isObject && byte !== 0x5b) return null;
    if (parent === undefined) return isObject ? "document" : null;
    if (parent === "collection" || parent === "teams") return isObject ? "item" : null;
    const name = Buffer.from(key).toString("latin1");
    if (parent === "document") {
      if (name === "ProfileData" && isObject) return "profile";
      return name === "result" && isObject && roles.length === 1 ? "document" : null;
    }
    if (parent !== "profile") return null;
    return ITEM_COLLECTIONS.has(name) ? "collection" : name === "Teams" && !isObject ? "teams" : null;
  }

  function push(chunk: Uint8Array): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    /** What lies before is passed on or left out already. */
    let from = 0;
    let leafFrom = leafDepth >= 0 ? 0 : -1;

    function startValue(byte: number, at: number): void {
      const role = roleOf(byte);
      if (role !== null) return void roles.push(role);
      leafDepth = byte === 0x7b || byte === 0x5b ? syntax.depth - 1 : syntax.depth;
      leafFrom = at;
    }

    function endLeaf(end: number): void {
      if (heldBytes + end - leafFrom > VALUE_BYTES_MAX) {
        if (from < leafFrom) out.push(chunk.subarray(from, leafFrom));
        out.push(OMITTED_BYTES);
        omitted += 1;
        from = end;
      } else out.push(...held);
      held = [];
      heldBytes = 0;
      leafDepth = -1;
    }

    function act(step: Step, byte: number, at: number): void {
      // A number is over when something else begins: with a bracket, its container is closed by now.
      if (syntax.numberEnded && leafDepth >= 0 && leafDepth === syntax.depth + Number(step === "value-ends")) endLeaf(at);
      if (step === "key-starts") {
        inKey = true;
        key = [];
      } else if (step === "key-ends") inKey = false;
      else if (step === "inside") {
        if (inKey && key.length < KEY_BYTES_MAX) key.push(byte);
      } else if (step === "value-starts") {
        if (leafDepth < 0) startValue(byte, at);
        else if (syntax.depth - leafDepth > VALUE_DEPTH_MAX) heldBytes = Infinity;
      } else if (step === "value-ends") {
        if (leafDepth < 0) roles.pop();
        else if (syntax.depth === leafDepth) endLeaf(at + 1);
      }
    }

    let at = 0;
    try {
      for (; at < chunk.length; at += 1) {
        if (!inKey) at += syntax.skip(chunk, at);
        const byte = chunk[at];
        if (byte === undefined) break;
        const step = syntax.feed(byte);
        // Most bytes: the inside of a value, where nothing begins or ends.
        if (step !== "inside" || inKey) act(step, byte, at);
      }
    } catch (error) {
      offset += at;
      throw error;
    }
    if (leafDepth < 0) out.push(chunk.subarray(from));
    else {
      out.push(chunk.subarray(from, leafFrom));
      hold(chunk.subarray(leafFrom));
    }
    offset += chunk.length;
    return out.filter(({ length }) => length > 0);
  }

  /** What is too large already is only counted. */
  function hold(part: Uint8Array): void {
    heldBytes += part.length;
    if (heldBytes > VALUE_BYTES_MAX) held = [];
    else held.push(Uint8Array.from(part));
  }

  return {
    push,
    end: () => syntax.end(),
    get offset() {
      return offset;
    },
    get omitted() {
      return omitted;
    },
  };
}
