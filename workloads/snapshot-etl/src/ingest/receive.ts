import { createHash } from "node:crypto";
import { Refusal } from "../errors.ts";

/** Bytes of one stored piece. */
export const PIECE_BYTES = 256 * 1024;

/** Where pieces go while the rest is still on its way. */
export interface PieceStore {
  put(piece: number, bytes: Uint8Array): Promise<void>;
}

/** What was received: everything but the last piece is stored already. */
export interface Received {
  readonly sizeBytes: number;
  readonly contentHash: string;
  readonly lastPiece: number;
  readonly last: Uint8Array;
  /** The first bytes, at most one piece, to look for a name in. */
  readonly head: Uint8Array;
}

/**
 * Takes a payload in pieces of 256 KiB, with its hash and size counted as it flows. Holds two pieces, whatever the size.
 * @throws Refusal `PAYLOAD_TOO_LARGE` at the first byte too many; the rest is not read.
 */
export async function receive(body: AsyncIterable<Uint8Array>, store: PieceStore, bytesMax: number): Promise<Received> {
  const hash = createHash("sha256");
  let held = Buffer.allocUnsafe(PIECE_BYTES);
  let filled = 0;
  let piece = 0;
  let sizeBytes = 0;
  let head: Uint8Array | null = null;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > bytesMax) throw new Refusal("PAYLOAD_TOO_LARGE", `the payload is larger than ${bytesMax} bytes`, { details: { bytes_max: bytesMax } });
    hash.update(chunk);
    for (let at = 0; at < chunk.length;) {
      if (filled === PIECE_BYTES) {
        head ??= Buffer.from(held);
        await store.put(piece, held);
        piece += 1;
        held = Buffer.allocUnsafe(PIECE_BYTES);
        filled = 0;
      }
      const part = chunk.subarray(at, at + PIECE_BYTES - filled);
      held.set(part, filled);
      filled += part.length;
      at += part.length;
    }
  }
  const last = held.subarray(0, filled);
  return { sizeBytes, contentHash: hash.digest("hex"), lastPiece: piece, last, head: head ?? last };
}
