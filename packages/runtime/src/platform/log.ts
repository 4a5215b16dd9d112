import { pino, type DestinationStream, type Logger } from "pino";

export type { Logger };

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** Structured log on standard error: standard output belongs to data. Never blocks on the reader. */
export function createLogger(level: LogLevel): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, standardError());
}

/** What a reader of standard error that stands still (`start 2>&1 | less`) may be behind before further lines are dropped: a host lives for longer than its memory would last. */
export const BEHIND_BYTES_MAX = 1024 ** 2;

/** Lines that it does not take (a full disk, a terminal that was closed, a reader that stands still) are dropped: a log ends nobody. The next one is tried anew. */
function standardError(): DestinationStream {
  const open = (): DestinationStream => {
    const stream = pino.destination({ fd: 2, sync: false, maxLength: BEHIND_BYTES_MAX });
    stream.on("error", () => {
      // At the end of the process it would try for ever to write what it still holds.
      Object.assign(stream, { flush: nothing, flushSync: nothing, end: nothing });
      current = open();
    });
    return stream;
  };
  let current = open();
  return { write: (line) => current.write(line) };
}

function nothing(): void {
  // in place of what would write again
}

export const silentLogger: Logger = pino({ level: "silent" });
