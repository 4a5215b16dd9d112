import type { Database } from "../database/open.ts";

/** A stored payload, piece by piece, as often as it is asked for. Holds one piece. */
export type PieceSource = () => AsyncGenerator<Uint8Array>;

/** Bytes handed on at once: items that were parsed together live until they are written, and what lives short is cheap. */
const STEP_BYTES = 32 * 1024;

/** @param onPiece called with the bytes read so far */
export function createPieceSource(read: Database["read"], uploadId: string, onPiece: (bytes: number) => void = () => undefined): PieceSource {
  return async function* pieces() {
    let bytes = 0;
    for (let piece = 0; ; piece += 1) {
      const row = await read.selectFrom("snapshot_pieces").select("bytes").where("upload_id", "=", uploadId).where("piece", "=", piece).executeTakeFirst();
      if (row === undefined) return;
      bytes += row.bytes.length;
      onPiece(bytes);
      for (let at = 0; at < row.bytes.length; at += STEP_BYTES) yield row.bytes.subarray(at, at + STEP_BYTES);
    }
  };
}
