import { asBuffer } from "./memory-source.ts";
import { CHUNK_BYTES, type ByteSource } from "./byte-source.ts";

/** Any stream of bytes. Closing it ends it: a Node stream is destroyed, a generator is returned. */
export function streamSource(stream: AsyncIterable<Uint8Array>): ByteSource {
  const iterator = stream[Symbol.asyncIterator]();
  let chunk: Buffer = Buffer.alloc(0);
  let ended = false;

  async function pull(): Promise<void> {
    const result = await iterator.next();
    if (result.done === true) {
      ended = true;
      return;
    }
    const given: unknown = result.value;
    if (!(given instanceof Uint8Array)) throw new TypeError(`the stream gave a ${typeof given} instead of bytes: a Readable must have no encoding set`);
    chunk = asBuffer(given);
  }

  return {
    bytesTotal: null,
    async next() {
      while (chunk.length === 0 && !ended) await pull();
      if (chunk.length === 0) return null;
      const piece = chunk.subarray(0, CHUNK_BYTES);
      chunk = chunk.subarray(CHUNK_BYTES);
      return piece;
    },
    async close() {
      if (ended) return;
      ended = true;
      chunk = Buffer.alloc(0);
      if ("destroy" in stream && typeof stream.destroy === "function") stream.destroy();
      // Not awaited: a generator that waits for something answers only when that has come.
      else void iterator.return?.().catch(() => undefined);
    },
  };
}
