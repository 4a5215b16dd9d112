import { ReaderError } from "../errors.ts";
import type { ResolvedInputOptions } from "./options.ts";
import type { ByteSource } from "./byte-source.ts";

/** Below this a high ratio hurts nobody. */
const BOMB_BYTES_MIN = 16 * 1024 * 1024;

/** Counts the bytes of one reading and holds them against the limits. */
export class Account {
  readonly #options: ResolvedInputOptions;
  readonly #bytesTotal: number | null;
  #sourceBytes = 0;
  #documentBytes = 0;

  constructor(options: ResolvedInputOptions, bytesTotal: number | null) {
    this.#options = options;
    this.#bytesTotal = bytesTotal;
  }

  /** @throws ReaderError `too_large`, before anything is read */
  checkTotal(): void {
    if (this.#bytesTotal !== null && this.#bytesTotal > this.#options.bytesMax) this.#refuseSize(`the input has ${this.#bytesTotal} bytes`);
  }

  /** The same source, with its bytes counted. */
  metered(source: ByteSource): ByteSource {
    return {
      ...source,
      next: async () => {
        const chunk = await source.next();
        this.#sourceBytes += chunk?.length ?? 0;
        return chunk;
      },
    };
  }

  passed(bytes: number): void {
    this.#documentBytes += bytes;
  }

  /** What of this chunk may still be handed over; `check` speaks when that is less. */
  allowed(chunk: Buffer): Buffer {
    const room = this.#options.bytesMax - this.#documentBytes;
    this.#documentBytes += chunk.length;
    return chunk.length > room ? chunk.subarray(0, Math.max(0, room)) : chunk;
  }

  /** @throws ReaderError `too_large`, `gzip_bomb` */
  check(unpacks: boolean): void {
    if (this.#documentBytes > this.#options.bytesMax || this.#sourceBytes > this.#options.bytesMax) this.#refuseSize("the document is longer");
    if (!unpacks || this.#documentBytes < BOMB_BYTES_MIN || this.#documentBytes <= this.#sourceBytes * this.#options.gzipRatioMax) return;
    const detail = `${this.#sourceBytes} compressed bytes unpack to more than ${this.#documentBytes}, beyond ${this.#options.gzipRatioMax} to 1`;
    throw new ReaderError("gzip_bomb", detail, this.#options.place(this.#documentBytes));
  }

  report(): void {
    this.#options.onProgress?.({ bytesRead: this.#sourceBytes, bytesTotal: this.#bytesTotal, documentBytes: this.#documentBytes });
  }

  place(): ReturnType<ResolvedInputOptions["place"]> {
    return this.#options.place(this.#documentBytes);
  }

  #refuseSize(detail: string): never {
    const atMost = Math.min(this.#documentBytes, this.#options.bytesMax);
    throw new ReaderError("too_large", `${detail}, more than the ${this.#options.bytesMax} bytes allowed`, this.#options.place(atMost));
  }
}
