import type { ByteSource } from "./byte-source.ts";
import { abortableSource } from "./abortable-source.ts";
import { Account } from "./account.ts";
import type { ReaderInput, ResolvedInputOptions } from "./options.ts";
import { peekSource } from "./peeked-source.ts";
import { openSource } from "./open-source.ts";

/**
 * The document's bytes in chunks of at most `chunkBytes`. A chunk is valid until the next one is asked for: its memory is used again.
 * Whatever ends the loop (the end, an error, `break`), the source is closed before the loop is left.
 * @throws ReaderError; the signal's reason; what a given stream or `onProgress` threw.
 */
export async function* openInput(input: ReaderInput, options: ResolvedInputOptions): AsyncGenerator<Buffer, void, void> {
  options.signal?.throwIfAborted();
  const opened = await openSource(input);
  const account = new Account(options, opened.bytesTotal);
  const raw = account.metered(options.signal === null ? opened : abortableSource(opened, options.signal));
  let source = raw;
  try {
    account.checkTotal();
    const peeked = await peekSource(raw, GZIP_MAGIC.length);
    const unpacks = options.gzip === "always" || (options.gzip === "auto" && peeked.start.subarray(0, 2).equals(GZIP_MAGIC));
    source = unpacks ? await unpacked(peeked.source, account) : peeked.source;
    let toPass = passOver(source, options.startByte, account);
    for (let chunk = await source.next(); chunk !== null; chunk = await source.next()) {
      options.signal?.throwIfAborted();
      const passed = Math.min(toPass, chunk.length);
      toPass -= passed;
      account.passed(passed);
      const wanted = account.allowed(chunk.subarray(passed));
      for (let at = 0; at < wanted.length; at += options.chunkBytes) yield wanted.subarray(at, at + options.chunkBytes);
      account.check(unpacks);
      account.report();
    }
  } finally {
    await source.close();
  }
}

/** What unpacks is loaded when something is packed: it costs a first reading several milliseconds. */
async function unpacked(packed: ByteSource, account: Account): Promise<ByteSource> {
  const { gunzipSource } = await import("./gunzip-source.ts");
  return gunzipSource(packed, () => account.place());
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** How much is left to be read and thrown away. */
function passOver(source: ByteSource, bytes: number, account: Account): number {
  if (bytes === 0 || source.skip === undefined) return bytes;
  source.skip(bytes);
  account.passed(bytes);
  return 0;
}
