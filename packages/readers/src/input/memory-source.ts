import { CHUNK_BYTES, type ByteSource } from "./byte-source.ts";

/** Bytes that are there already, handed over piece by piece all the same. */
export function memorySource(bytes: Uint8Array): ByteSource {
  const all = asBuffer(bytes);
  let at = 0;
  return {
    bytesTotal: all.length,
    async next() {
      if (at >= all.length) return null;
      const chunk = all.subarray(at, at + CHUNK_BYTES);
      at += chunk.length;
      return chunk;
    },
    skip(count) {
      at += count;
    },
    async close() {
      at = all.length;
    },
  };
}

/** The same memory, seen as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
