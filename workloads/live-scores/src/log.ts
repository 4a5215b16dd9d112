export interface Log {
  info(message: string, details?: object): void;
  warn(message: string, details?: object): void;
}

/** One JSON document a line on standard error. */
export function createLog(nowMs: () => number): Log {
  const write =
    (level: string) =>
    (message: string, details: object = {}) =>
      void process.stderr.write(`${JSON.stringify({ at: new Date(nowMs()).toISOString(), level, message, ...details })}\n`);
  return { info: write("info"), warn: write("warn") };
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined };
