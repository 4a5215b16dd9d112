import { sql } from "kysely";
import type { Dialect } from "workload-database";
import type { Write } from "../database/database.ts";
import type { ResultRow } from "./result-row.ts";

/**
 * Numbers equal keys 1, 2, … in the order in which they come, over a job of any size in constant memory: a filter of fixed size knows which keys were
 * certainly not there before; only for the others is the database asked what it has.
 */
export interface OccurrenceCounter {
  /** Takes the next rows in order. What it answers can be resolved against the database once everything before is in it, and any number of times. */
  note(rows: readonly ResultRow[]): NotedRows;
}

export interface NotedRows {
  readonly rows: readonly ResultRow[];
  /** Those whose key may have come before, in this batch or an earlier one. Mostly none. */
  readonly doubtful: readonly ResultRow[];
}

/** 4 MiB in lines of 64 bytes, so that a key costs one look into memory: of a million keys some fifteen are asked for in vain. */
const LINES = 2 ** 16;
const LINE_WORDS = 16;
const PROBES = 5;

export function createOccurrenceCounter(): OccurrenceCounter {
  const filter = new Uint32Array(LINES * LINE_WORDS);
  const around = createAroundHash();
  const names = createCharacters();

  /** Adds a key; answers whether it may have been there before. */
  function addToFilter(line: number, bits: number): boolean {
    const start = (line >>> 16) * LINE_WORDS;
    let known = true;
    for (let probe = 0, bit = bits; probe < PROBES; probe += 1, bit = probe === 3 ? mix(bits + line) : bit >>> 9) {
      const at = start + ((bit >>> 5) & 15);
      const mask = 1 << (bit & 31);
      const word = filter[at] ?? 0;
      if ((word & mask) === 0) known = false;
      filter[at] = word | mask;
    }
    return known;
  }

  return {
    note(rows) {
      const characters = names.of(rows);
      let end = 0;
      const doubtful = rows.filter((row) => {
        let line = around(row);
        let bits = line ^ 0x5bd1e995;
        for (const start = end, length = row.name.length; end < start + length; end += 1) {
          const character = characters[end] ?? 0;
          line = Math.imul(line ^ character, 0x01000193);
          bits = Math.imul(bits + character, 0x85ebca6b) ^ (bits >>> 15);
        }
        return addToFilter(mix(line), mix(bits));
      });
      return { rows, doubtful };
    },
  };
}

/** All names of a batch, one behind the other, as numbers: a name is a part of the document's text, and each of its characters would be looked up through that. */
function createCharacters(): { of(rows: readonly ResultRow[]): Uint16Array } {
  let buffer = Buffer.alloc(0);
  return {
    of(rows) {
      const text = rows.map(({ name }) => name).join("");
      if (buffer.length < text.length * 2) buffer = Buffer.allocUnsafeSlow(text.length * 2);
      buffer.write(text, "utf16le");
      return new Uint16Array(buffer.buffer, 0, text.length);
    },
  };
}

/** Neighbours mostly share everything but the name: that part is hashed once. */
function createAroundHash(): (row: ResultRow) => number {
  let last: ResultRow | null = null;
  let hash = 0;
  return (row) => {
    if (last === null || row.className !== last.className || row.file !== last.file || row.topology !== last.topology)
      hash = hashText(row.className, hashText(row.file, hashText(row.topology, 0x811c9dc5)));
    last = row;
    return hash;
  };
}

function hashText(text: string, start: number): number {
  let hash = start;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
}

/** Every bit of the answer depends on every bit of the number. */
function mix(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return whole ^ (whole >>> 16);
}

function keyOf(row: Pick<ResultRow, "topology" | "file" | "className" | "name">): string {
  return `${row.topology}\0${row.file}\0${row.className}\0${row.name}`;
}

const KEYS_PER_QUERY = 500;

/** The number of each row, in their order. */
export async function resolveOccurrences(transaction: Write, target: { readonly jobKey: number; readonly dialect: Dialect }, { rows, doubtful }: NotedRows): Promise<number[]> {
  if (doubtful.length === 0) return rows.map(() => 1);
  const counts = new Map<string, number>();
  const distinct = [...new Map(doubtful.map((row) => [keyOf(row), row])).values()];
  for (let at = 0; at < distinct.length; at += KEYS_PER_QUERY) {
    for (const { topology, file, class_name: className, name, last } of await lastOccurrences(transaction, target, distinct.slice(at, at + KEYS_PER_QUERY)))
      if (last !== null) counts.set(keyOf({ topology, file, className, name }), last);
  }
  return rows.map((row) => {
    const key = keyOf(row);
    const next = (counts.get(key) ?? 0) + 1;
    counts.set(key, next);
    return next;
  });
}

interface LastOccurrence {
  readonly topology: string;
  readonly file: string;
  readonly class_name: string;
  readonly name: string;
  readonly last: number | null;
}

/** One statement for many keys; each is one look into the index. */
async function lastOccurrences(
  transaction: Write,
  { jobKey, dialect }: { readonly jobKey: number; readonly dialect: Dialect },
  rows: readonly ResultRow[],
): Promise<LastOccurrence[]> {
  const text = (value: string): ReturnType<typeof sql> => sql`CAST(${value} AS text)`;
  const values = sql.join(rows.map((row) => sql`(${text(row.topology)}, ${text(row.file)}, ${text(row.className)}, ${text(row.name)})`));
  const equal = dialect.longKeysEqual(
    ["topology", "file_path", "class_name", "test_name"].map((column) => sql.ref(`t.${column}`)),
    ["topology", "file", "class_name", "name"].map((column) => sql.ref(`k.${column}`)),
  );
  const { rows: found } = await sql<LastOccurrence>`
    WITH k(topology, file, class_name, name) AS (VALUES ${values})
    SELECT k.topology, k.file, k.class_name, k.name, (SELECT max(t.occurrence) FROM test_results t WHERE t.job_id = ${jobKey} AND ${equal}) AS last FROM k`.execute(transaction);
  return found;
}
