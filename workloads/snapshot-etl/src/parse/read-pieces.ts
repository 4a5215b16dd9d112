import type { Database } from "../database/open.ts";

/** A stored payload, piece by piece, as often as it is asked for. Holds one piece. */
export type PieceSource = () => AsyncGenerator<Uint8Array>;

/** @param onPiece called with the bytes read so far */
export function createPieceSource(read: Database["read"], uploadId: string, onPiece: (bytes: number) => void = () => undefined): PieceSource {
  return async function* pieces() {
    let bytes = 0;
    for (let piece = 0; ; piece += 1) {
      const row = await read.selectFrom("snapshot_pieces").select("bytes").where("upload_id", "=", uploadId).where("piece", "=", piece).executeTakeFirst();
      if (row === undefined) return;
      bytes += row.bytes.length;
      onPiece(bytes);
      yield row.bytes;
    }
  };
}
