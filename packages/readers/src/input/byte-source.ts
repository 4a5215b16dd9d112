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

/** What a source hands over at once at most, whatever it was given. */
export const CHUNK_BYTES = 64 * 1024;
