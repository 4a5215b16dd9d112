import type { ByteSource } from "./byte-source.ts";

/** A source whose `next` ends with the signal's reason, also while it waits for bytes that may never come. */
export function abortableSource(source: ByteSource, signal: AbortSignal): ByteSource {
  let interrupt: ((reason: unknown) => void) | null = null;
  const onAbort = (): void => interrupt?.(signal.reason);
  signal.addEventListener("abort", onAbort);
  return {
    bytesTotal: source.bytesTotal,
    ...(source.skip === undefined ? {} : { skip: (bytes: number) => source.skip?.(bytes) }),
    next() {
      return new Promise((resolve, reject) => {
        interrupt = reject;
        if (signal.aborted) reject(signal.reason);
        else source.next().then(resolve, reject);
      });
    },
    close() {
      signal.removeEventListener("abort", onAbort);
      return source.close();
    },
  };
}
