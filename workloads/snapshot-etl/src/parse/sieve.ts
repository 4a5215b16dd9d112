// Lets a profile's bytes through, checked by the grammar, with every value that nobody could want whole replaced by {"$omitted":true}.
// So what comes behind it sees small values only, and not too many of them, however large, deep or numerous unknown fields are.
import { OBJECT_BYTES_MAX, OMITTED, VALUE_BYTES_MAX } from "../mapping/extra.ts";
import { ITEM_GROUPS } from "../mapping/items.ts";
import { PROFILE_KEYS } from "../mapping/profile.ts";
import { TEAM_KEYS } from "../mapping/teams.ts";
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
/** Never left out for the sake of others: each of them is there once, and small. */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  "NameCode",
  ...PROFILE_KEYS,
  ...TEAM_KEYS,
  ...ITEM_GROUPS.troops.known,
  ...ITEM_GROUPS.pets.known,
  ...ITEM_GROUPS.artifacts.known,
]);
const OMITTED_BYTES = Buffer.from(JSON.stringify(OMITTED));
const KEY_BYTES_MAX = 64;
/** A leaf that is nested deeper is left out like one that is too large. */
export const VALUE_DEPTH_MAX = 128;

function nameOf(key: readonly number[]): string {
  return Buffer.from(key).toString("latin1");
}

export function createSieve(): Sieve {
  const syntax = createJsonSyntax();
  const roles: Role[] = [];
  /** For each of them, the bytes of its values that were passed on. */
  const passed: number[] = [];
  /** Start of the current key; only its first bytes matter. */
  let key: number[] = [];
  let inKey = false;
  /** Depth of the container that the current leaf stands in; -1 outside of leaves. */
  let leafDepth = -1;
  let leafKey: readonly number[] = key;
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
    const name = nameOf(key);
    if (parent === "document") {
      if (name === "ProfileData" && isObject) return "profile";
      return name === "result" && isObject && roles.length === 1 ? "document" : null;
    }
    if (parent !== "profile") return null;
    return ITEM_COLLECTIONS.has(name) ? "collection" : name === "Teams" && !isObject ? "teams" : null;
  }

  /** Too large itself, or unknown and beyond what is kept of the values of its object. */
  function isTooMuch(bytes: number): boolean {
    if (bytes > VALUE_BYTES_MAX) return true;
    const role = roles.at(-1);
    // The elements of a collection are no fields: each is looked at for itself.
    if (role === undefined || role === "collection" || role === "teams") return false;
    const sum = (passed.at(-1) ?? 0) + bytes;
    // What is shorter than the mark stays: nothing is won.
    if (sum > OBJECT_BYTES_MAX) return bytes > OMITTED_BYTES.length && !KNOWN_KEYS.has(nameOf(leafKey));
    passed[passed.length - 1] = sum;
    return false;
  }

  function push(chunk: Uint8Array): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    /** What lies before is passed on or left out already. */
    let from = 0;
    let leafFrom = leafDepth >= 0 ? 0 : -1;

    function startValue(byte: number, at: number): void {
      const role = roleOf(byte);
      if (role !== null) {
        roles.push(role);
        passed.push(0);
        return;
      }
      leafKey = key;
      leafDepth = byte === 0x7b || byte === 0x5b ? syntax.depth - 1 : syntax.depth;
      leafFrom = at;
    }

    function endLeaf(end: number): void {
      if (isTooMuch(heldBytes + end - leafFrom)) {
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
        if (leafDepth < 0) {
          roles.pop();
          passed.pop();
        } else if (syntax.depth === leafDepth) endLeaf(at + 1);
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
