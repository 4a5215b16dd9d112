import type { Scanner } from "./scanner.ts";

/** Shorter strings are copies; longer ones would keep the whole text alive that they are cut from. */
const COPIED_LENGTH_MAX = 12;

/**
 * The keys of a map, in the order of the document; null when one has to be looked at more closely.
 * They do not go through JSON.parse: it enters each short string into a table for good, and a map of millions of keys would fill it.
 */
export function readKeys({ wasm, memory, scratch }: Scanner, count: number): readonly string[] | null {
  const length = wasm.gatherKeys(count, scratch);
  if (length < 0) return null;
  const ends = new Int32Array(memory.buffer, scratch, count);
  const start = scratch + count * Int32Array.BYTES_PER_ELEMENT;
  const encoding = wasm.isWide() === 0 ? "latin1" : "utf8";
  // One character for each byte, so that places fit.
  const text = memory.toString("latin1", start, start + length);
  const keys: string[] = [];
  let from = 0;
  for (const to of ends) {
    const isCopied = encoding === "latin1" && to - from <= COPIED_LENGTH_MAX;
    keys.push(isCopied ? text.slice(from, to) : memory.toString(encoding, start + from, start + to));
    from = to;
  }
  return keys;
}
