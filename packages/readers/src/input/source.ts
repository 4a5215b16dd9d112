import { fileURLToPath } from "node:url";
import { openFile } from "./file-source.ts";
import { memorySource } from "./memory-source.ts";
import type { ReaderInput } from "./options.ts";
import { streamSource } from "./stream-source.ts";

/** Bytes, one chunk after the other. */
export interface ByteSource {
  /** null when nobody knows. */
  readonly bytesTotal: number | null;
  /** The next chunk, never empty; valid until the next call. null at the end. */
  next(): Promise<Buffer | null>;
  /** Passes over bytes without reading them, before the first `next`; absent where that is impossible. */
  skip?(bytes: number): void;
  /** Lets go of everything that is held, also in the middle of `next`. May be called twice. */
  close(): Promise<void>;
}

/** What a source hands over at once, whatever it was given. */
export const CHUNK_BYTES = 64 * 1024;

/** @throws ReaderError `not_found`, `not_a_file`, `not_readable`, `read_failed`; TypeError for what is no input. */
export async function openSource(input: ReaderInput): Promise<ByteSource> {
  if (typeof input === "string") return await openFile(input);
  if (input instanceof URL) {
    if (input.protocol !== "file:") throw new TypeError(`${input.protocol} addresses are not fetched here: give the body of the response as a stream`);
    return await openFile(fileURLToPath(input));
  }
  if (input instanceof Uint8Array) return memorySource(input);
  if (typeof input === "object" && input !== null && Symbol.asyncIterator in input) return streamSource(input);
  throw new TypeError("the input is no path, URL, Uint8Array or stream of bytes");
}
