import { CHUNK_BYTES } from "./byte-source.ts";
import { START, type ReaderErrorPlace } from "../errors.ts";

/**
 * Where a document comes from: the path of a regular file, a `file:` URL, bytes in memory, or any stream of bytes (a Node `Readable` without an encoding, a web stream, `process.stdin`).
 * A stream is ended when reading ends, for whatever reason.
 */
export type ReaderInput = string | URL | Uint8Array | AsyncIterable<Uint8Array>;

export interface InputProgress {
  /** Bytes taken from the source so far: packed ones, when it is compressed. */
  readonly bytesRead: number;
  /** Size of the source, or null when nobody knows (streams). */
  readonly bytesTotal: number | null;
  /** Bytes of the document so far: unpacked ones. */
  readonly documentBytes: number;
}

export interface InputOptions {
  /** `auto` (default): unpack when the first two bytes are gzip's. `always`: anything else is `gzip_damaged`. `never`: take the bytes as they are. */
  readonly gzip?: "auto" | "always" | "never";
  /** Bytes at most, of the source as well as of the unpacked document. A file known to be larger is refused before anything is read. Default: no limit. */
  readonly bytesMax?: number;
  /** Unpacked bytes per packed byte at most, looked at from 16 MiB on. Default 250 (ordinary reports reach 10 to 100, a bomb about 1000). */
  readonly gzipRatioMax?: number;
  /** Ends the reading with the signal's reason; the source is closed. */
  readonly signal?: AbortSignal;
  /** Called after each chunk that was read. What it throws ends the reading. */
  readonly onProgress?: (progress: InputProgress) => void;
}

export interface ResolvedInputOptions {
  readonly gzip: "auto" | "always" | "never";
  readonly bytesMax: number;
  readonly gzipRatioMax: number;
  readonly signal: AbortSignal | null;
  readonly onProgress: ((progress: InputProgress) => void) | null;
  /** Offset in the document to begin at; a plain file is not read before it. */
  readonly startByte: number;
  /** Bytes of a chunk at most. */
  readonly chunkBytes: number;
  /** Where the reader of the chunks is: the place of an error that is noticed here. */
  readonly place: (documentBytes: number) => ReaderErrorPlace;
}

/** The last ones are for the readers, not for their callers. */
export function resolveInputOptions(options: InputOptions, inner: Partial<Pick<ResolvedInputOptions, "startByte" | "chunkBytes" | "place">> = {}): ResolvedInputOptions {
  return {
    gzip: options.gzip ?? "auto",
    bytesMax: atLeastOne("bytesMax", options.bytesMax ?? Number.POSITIVE_INFINITY),
    gzipRatioMax: atLeastOne("gzipRatioMax", options.gzipRatioMax ?? 250),
    signal: options.signal ?? null,
    onProgress: options.onProgress ?? null,
    startByte: inner.startByte ?? 0,
    chunkBytes: inner.chunkBytes ?? CHUNK_BYTES,
    place: inner.place ?? ((byte) => ({ ...START, byte })),
  };
}

/** @throws RangeError */
export function atLeastOne(name: string, value: number): number {
  if (!(value >= 1)) throw new RangeError(`${name}: ${value} is not a number of at least 1`);
  return value;
}
