import { createGunzip, type Gunzip } from "node:zlib";
import { ReaderError, type ReaderErrorPlace } from "../errors.ts";
import { CHUNK_BYTES, type ByteSource } from "./byte-source.ts";
import { streamSource } from "./stream-source.ts";

/** Unpacks a source: all its members, one after the other. Unpacking runs beside the reader and waits for it. */
export function gunzipSource(packed: ByteSource, place: () => ReaderErrorPlace): ByteSource {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const unpacked = streamSource(gunzip);
  // Who reads is told; the event alone would end the process.
  gunzip.on("error", () => undefined);
  let pumping: Promise<PumpEnd> | null = null;
  return {
    bytesTotal: packed.bytesTotal,
    async next() {
      pumping ??= pump(packed, gunzip);
      const result = await unpacked.next().catch((error: unknown) => new Failure(error));
      if (result !== null && !(result instanceof Failure)) return result;
      // The end of a member is not yet the end of the source; and what broke the source is told before what that did to unpacking.
      const end = await pumping;
      if (end !== "fed") throw damage(end.reason, place());
      if (result !== null) throw damage(result.reason, place());
      return null;
    },
    async close() {
      gunzip.destroy();
      await unpacked.close();
      await packed.close();
    },
  };
}

class Failure {
  readonly reason: unknown;
  constructor(reason: unknown) {
    this.reason = reason;
  }
}

type PumpEnd = "fed" | Failure;

/** Never rejects: whoever reads the other end asks how it ended. */
async function pump(packed: ByteSource, gunzip: Gunzip): Promise<PumpEnd> {
  try {
    await feed(packed, gunzip);
    return "fed";
  } catch (error) {
    gunzip.destroy(new Error("the source failed"));
    return new Failure(error);
  }
}

/** Writes one chunk after the other; a chunk's buffer is used again, so each write is waited for. */
async function feed(packed: ByteSource, gunzip: Gunzip): Promise<void> {
  let fedBytes = 0;
  for (let chunk = await packed.next(); chunk !== null; chunk = await packed.next()) {
    fedBytes += chunk.length;
    if (!gunzip.destroyed) await write(gunzip, chunk);
    if (gunzip.errored !== null) return;
    const leftBytes = Math.min(chunk.length, fedBytes - gunzip.bytesWritten);
    if (leftBytes > 0 && !isPadding(chunk.subarray(chunk.length - leftBytes))) throw new TrailingBytes();
  }
  if (!gunzip.destroyed) gunzip.end();
}

class TrailingBytes extends Error {}

/** Resolves when the bytes are used, and also when unpacking has ended: its error is told to the reading side. */
function write(gunzip: Gunzip, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      gunzip.off("close", done);
      resolve();
    };
    gunzip.once("close", done);
    gunzip.write(chunk, done);
  });
}

/** Tapes and block devices fill up with zeros. */
function isPadding(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function damage(error: unknown, place: ReaderErrorPlace): unknown {
  if (error instanceof TrailingBytes) return new ReaderError("gzip_damaged", "the compressed stream is followed by bytes that do not belong to it", place);
  if (!(error instanceof Error) || !("code" in error) || !String(error.code).startsWith("Z_")) return error;
  if (error.code === "Z_BUF_ERROR") return new ReaderError("gzip_truncated", "the compressed stream breaks off", place, { cause: error });
  return new ReaderError("gzip_damaged", `the compressed stream is damaged: ${error.message}`, place, { cause: error });
}
