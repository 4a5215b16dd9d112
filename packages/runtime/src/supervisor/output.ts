import { statSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { lastLines, readLogTail, TAIL_BYTES } from "./evidence.ts";

/** Where a command's output goes, how much of it there was, and its last lines. */
export interface OutputSink {
  bytes(): number;
  tail(): Promise<readonly string[]>;
  /** Resolves when what the program had written has been passed on (at most 1 s). */
  drained(): Promise<void>;
}

/** Straight into a file: the kernel has the bytes, also when we are killed. */
export function fileSink(file: string): OutputSink {
  const bytes = (): number => {
    try {
      return statSync(file).size;
    } catch {
      return 0;
    }
  };
  return { bytes, tail: () => readLogTail({ file, from: 0, to: bytes() }), drained: () => Promise.resolve() };
}

/** Passed on to somebody else, who sets the pace: when the reader is slow the program waits, when it is gone the program's writes fail, as in a shell's pipe. */
export function pumpSink(pairs: readonly { readonly from: Readable; readonly to: Writable | null }[], onBytes: (total: number) => void): OutputSink {
  let bytes = 0;
  let tail = "";
  const ends = pairs.map(({ from, to }) => {
    from.on("error", () => undefined);
    from.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      onBytes(bytes);
      tail = (tail + chunk.toString("utf8")).slice(-TAIL_BYTES);
      if (to === null) return;
      const mayGoOn = to.write(chunk, (error) => {
        // The reader is gone. Our end closes as well, and the program's next write fails, as it would without us between.
        if (error !== null && error !== undefined) from.destroy();
      });
      if (!mayGoOn) {
        from.pause();
        to.once("drain", () => from.resume());
      }
    });
    return new Promise<void>((resolve) => {
      from.once("close", resolve);
    });
  });
  return {
    bytes: () => bytes,
    tail: () => Promise.resolve(lastLines(tail)),
    async drained() {
      const timeout = AbortSignal.timeout(1000);
      await Promise.race([Promise.all(ends), new Promise((resolve) => timeout.addEventListener("abort", resolve, { once: true }))]);
      for (const { from } of pairs) from.destroy();
    },
  };
}
