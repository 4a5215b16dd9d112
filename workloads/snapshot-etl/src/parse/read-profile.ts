// Reads a stored profile as a stream: once to check all of it, then once more for its items.
import { readJson, ReaderError, type JsonBatch } from "@cofferdam/readers";
import { EtlError } from "../errors.ts";
import { ITEM_GROUPS, type Element, type ItemGroupName } from "../mapping/items.ts";
import { isObject, type Json, type JsonObject } from "../mapping/json-text.ts";
import { mapProfile, readNameCode, type ProfileHead } from "../mapping/profile.ts";
import { SyntaxProblem } from "./json-syntax.ts";
import type { PieceSource } from "./read-pieces.ts";
import { createSieve, type Sieve } from "./sieve.ts";

export type GroupName = ItemGroupName | "teams";

/** The order in which rows are written. */
export const GROUPS: readonly GroupName[] = ["troops", "pets", "artifacts", "teams"];

export const COLLECTION_OF: Readonly<Record<GroupName, string>> = {
  troops: ITEM_GROUPS.troops.collection,
  pets: ITEM_GROUPS.pets.collection,
  artifacts: ITEM_GROUPS.artifacts.collection,
  teams: "Teams",
};

/** What the first pass learned; nothing is written before it is complete. */
export interface Survey {
  readonly head: ProfileHead;
  /** Path of the object with `NameCode` and `ProfileData`: "$" or "$.result". */
  readonly base: "$" | "$.result";
  /** Collections that are there, in the order of the payload. */
  readonly found: readonly GroupName[];
  /** Items in each of them. */
  readonly counts: ReadonlyMap<GroupName, number>;
  /** Collections that are neither list nor map. */
  readonly misfits: readonly GroupName[];
  /** Whether values are left out: then they are in every pass; else the bytes can be read as they are. */
  readonly sifted: boolean;
}

/** Values are bounded by the sieve. What is left are keys and spaces, for which no profile fails: they may be all of the payload. */
const LIMITS = { elementBytesMax: Number.MAX_SAFE_INTEGER, outlineBytesMax: Number.MAX_SAFE_INTEGER, depthMax: 512, bigNumbers: "bigint", gzip: "never" } as const;

/** Checks all of the payload: JSON to its end, `NameCode`, `ProfileData`. @throws EtlError `PARSE_ERROR`, permanent, with the place */
export async function survey(source: PieceSource, signal: AbortSignal): Promise<Survey> {
  const visit = Object.fromEntries(GROUPS.map((group) => [`${pathOf("$", group)} | ${pathOf("$.result", group)}`, "skip" as const]));
  const sieve = createSieve();
  const { outline, elements } = await parse(sieved(source, sieve), signal, visit);
  const root = isObject(outline) ? outline : refuse("the document is not an object");
  const { base, outer } = findProfile(root);
  const profile = outer["ProfileData"];
  if (!isObject(profile)) return refuse("ProfileData is missing or not an object");
  const namecode = readNameCode(outer["NameCode"]) ?? refuse("NameCode is missing, empty or not text");
  const found = groupsOf(elements, base);
  const misfits = GROUPS.filter((group) => isMisfit(group, profile[COLLECTION_OF[group]], found));
  const { NameCode: _name, ProfileData: _profile, ...others } = outer;
  return {
    head: mapProfile(namecode, profile, others),
    base,
    found: found.map(({ group }) => group),
    counts: new Map(found.map(({ group, count }) => [group, count])),
    misfits,
    sifted: sieve.omitted > 0,
  };
}

/** Hands over the items of these groups, in the order of the payload; what the handler answers is awaited before more is read. */
export async function readElements(
  source: PieceSource,
  { base, sifted }: Survey,
  groups: readonly GroupName[],
  signal: AbortSignal,
  handle: (group: GroupName, elements: readonly Element[]) => Promise<void>,
): Promise<void> {
  const visit = Object.fromEntries(
    GROUPS.map((group) => [pathOf(base, group), groups.includes(group) ? (batch: JsonBatch): Promise<void> => handle(group, toElements(batch)) : ("skip" as const)]),
  );
  await parse(sifted ? sieved(source, createSieve()) : plain(source), signal, visit);
}

function toElements({ keys, values, firstIndex }: JsonBatch): Element[] {
  return values.map((value, index) => ({ key: keys?.[index] ?? null, index: firstIndex + index, value }));
}

/** Teams are a list and have an order; the others may also be maps. */
function pathOf(base: string, group: GroupName): string {
  return `${base}.ProfileData.${COLLECTION_OF[group]}${group === "teams" ? "[*]" : ".*"}`;
}

async function parse(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal, visit: Parameters<typeof readJson>[1]["visit"]) {
  try {
    return await readJson(bytes, { ...LIMITS, visit, signal });
  } catch (error) {
    throw error instanceof ReaderError ? parseError(error.message, { reader: error.code, byte: error.byte, line: error.line, path: error.path }) : error;
  }
}

async function* sieved(source: PieceSource, sieve: Sieve): AsyncGenerator<Uint8Array> {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    let first = true;
    for await (const piece of source()) {
      utf8.decode(piece, { stream: true });
      yield* sieve.push(first ? withoutMark(piece) : piece);
      first = false;
    }
    utf8.decode();
    sieve.end();
  } catch (error) {
    if (error instanceof SyntaxProblem) throw parseError(`${error.message} (byte ${sieve.offset})`, { byte: sieve.offset });
    if (error instanceof TypeError) throw parseError(`the text is not UTF-8 (after byte ${sieve.offset})`, { byte: sieve.offset });
    throw error;
  }
}

async function* plain(source: PieceSource): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const piece of source()) {
    yield first ? withoutMark(piece) : piece;
    first = false;
  }
}

/** A byte order mark is no part of the document. */
function withoutMark(piece: Uint8Array): Uint8Array {
  return piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf ? piece.subarray(3) : piece;
}

/** Bare, or inside `result`. */
function findProfile(root: JsonObject): { readonly base: Survey["base"]; readonly outer: JsonObject } {
  const result = root["result"];
  return !("ProfileData" in root) && !("NameCode" in root) && isObject(result) ? { base: "$.result", outer: result } : { base: "$", outer: root };
}

function groupsOf(elements: ReadonlyMap<string, number>, base: Survey["base"]): { readonly group: GroupName; readonly count: number }[] {
  const byPath = new Map(GROUPS.map((group) => [`${base}.ProfileData.${COLLECTION_OF[group]}`, group]));
  return [...elements].flatMap(([path, count]) => {
    const group = byPath.get(path);
    return group === undefined ? [] : [{ group, count }];
  });
}

function isMisfit(group: GroupName, value: Json | undefined, found: readonly { readonly group: GroupName }[]): boolean {
  if (value === undefined || value === null) return false;
  return !found.some((each) => each.group === group) && !isEmpty(value);
}

function isEmpty(value: Json): boolean {
  return Array.isArray(value) && value.length === 0;
}

function parseError(message: string, details: Readonly<Record<string, unknown>>): EtlError {
  return new EtlError("PARSE_ERROR", message, { permanent: true, details });
}

function refuse(message: string): never {
  throw parseError(message, {});
}
