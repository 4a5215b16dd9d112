import { readJson, ReaderError, type JsonValue, type ReadJsonOptions } from "../../src/index.ts";
import { pathText } from "../../src/json/paths.ts";

export interface Read {
  /** The document put together again from outline and elements, or the error. */
  readonly value: JsonValue | undefined;
  readonly error: ReaderError | null;
}

/** Reads a document and puts it together again. */
export async function readWhole(chunks: Iterable<Uint8Array>, paths: readonly string[], options: Omit<ReadJsonOptions, "visit"> = {}): Promise<Read> {
  const gathered = new Map<string, { readonly kind: string; readonly entries: [string, JsonValue][] }>();
  const visitor: ReadJsonOptions["visit"][string] = ({ path, kind, keys, values, firstIndex }) => {
    const entry = gathered.get(path) ?? { kind, entries: [] };
    gathered.set(path, entry);
    if (entry.entries.length !== firstIndex) throw new Error(`batch ${firstIndex} comes after ${entry.entries.length} elements`);
    for (const [index, value] of values.entries()) entry.entries.push([keys?.[index] ?? "", value]);
  };
  try {
    const summary = await readJson(stream(chunks), { ...options, visit: Object.fromEntries(paths.map((path) => [path, visitor])) });
    return { value: fill(summary.outline, "$", gathered), error: null };
  } catch (error) {
    if (!(error instanceof ReaderError)) throw error;
    return { value: undefined, error };
  }
}

function fill(outline: JsonValue, path: string, gathered: ReadonlyMap<string, { readonly kind: string; readonly entries: [string, JsonValue][] }>): JsonValue {
  const found = gathered.get(path);
  if (found?.kind === "array") return found.entries.map(([, value]) => value);
  if (found !== undefined) return fromEntries(found.entries);
  if (typeof outline !== "object" || outline === null || Array.isArray(outline)) return outline;
  return fromEntries(Object.entries(outline).map(([key, value]) => [key, fill(value, pathText([key]).replace("$", path), gathered)]));
}

/** As JSON.parse makes objects: integer-like keys first, `__proto__` as any other key, the last of two stands. */
function fromEntries(entries: readonly (readonly [string, JsonValue])[]): JsonValue {
  return Object.fromEntries(entries);
}

async function* stream(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
}

/** Cuts bytes at the given places. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.filter((place) => place > 0 && place < bytes.length))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, index) => bytes.subarray(from, sorted[index] ?? bytes.length));
}
