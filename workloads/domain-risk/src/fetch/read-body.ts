import { pipeline, Transform, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";

const ENCODINGS_MAX = 3;

/** How a body is packed cannot be undone. */
export class EncodingProblem extends Error {
  override readonly name = "EncodingProblem";
}

/**
 * The unpacked bytes, cut at the limit: what comes after is neither read nor unpacked, so that a gigabyte or a gzip bomb costs no more than the limit.
 * @throws EncodingProblem; the stream's own error when it breaks off.
 */
export async function readBody(body: Readable, { encoding, bytesMax }: { readonly encoding: string | null; readonly bytesMax: number }): Promise<Buffer> {
  const unpacked = unpack(body, encoding);
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of unpacked) {
      const part = Buffer.from(chunk).subarray(0, bytesMax - bytes);
      parts.push(part);
      bytes += part.length;
      if (bytes >= bytesMax) break;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && /^(Z_|ERR_(BROTLI|ZSTD|_ERROR)|ERR__ERROR|ZSTD_)/.test(String(error.code))) {
      throw new EncodingProblem(`Content encoding ${JSON.stringify(encoding)} cannot be read: ${error.message}`, { cause: error });
    }
    throw error;
  } finally {
    body.destroy();
  }
  return Buffer.concat(parts);
}

function unpack(body: Readable, encoding: string | null): Readable {
  const names = (encoding ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
  if (names.length > ENCODINGS_MAX) throw new EncodingProblem(`Content encoding refused: packed ${names.length} times`);
  // The last one was applied last. Errors of an inner stream are those of the outer one.
  return names.toReversed().reduce<Readable>((packed, name) => pipeline(packed, unpackerOf(name), () => undefined), body);
}

function unpackerOf(name: string): Transform {
  if (name === "gzip" || name === "x-gzip") return createGunzip();
  if (name === "deflate") return createInflate();
  if (name === "br") return createBrotliDecompress();
  if (name === "zstd") return createZstdDecompress();
  throw new EncodingProblem(`Content encoding ${JSON.stringify(name)} is not known`);
}
