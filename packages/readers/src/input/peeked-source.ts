import type { ByteSource } from "./byte-source.ts";

export interface Peeked {
  /** The first bytes: `bytes` of them at least, if there are so many. */
  readonly start: Buffer;
  /** The whole source, from its beginning. */
  readonly source: ByteSource;
}

/** Looks at the first bytes without using them up. */
export async function peekSource(source: ByteSource, bytes: number): Promise<Peeked> {
  let start = (await source.next()) ?? Buffer.alloc(0);
  while (start.length < bytes) {
    // The next call uses the chunk's memory again.
    const held = Buffer.from(start);
    const more = await source.next();
    if (more === null) {
      start = held;
      break;
    }
    start = Buffer.concat([held, more]);
  }
  let held = start;
  return {
    start,
    source: {
      bytesTotal: source.bytesTotal,
      async next() {
        if (held.length === 0) return await source.next();
        const chunk = held;
        held = Buffer.alloc(0);
        return chunk;
      },
      close: () => source.close(),
      ...(source.skip === undefined
        ? {}
        : {
            skip(count: number) {
              const here = Math.min(count, held.length);
              held = held.subarray(here);
              if (count > here) source.skip?.(count - here);
            },
          }),
    },
  };
}
