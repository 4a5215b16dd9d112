import type { Logger } from "./platform/index.ts";

/** How everything that was opened is closed again: the last one first, and each also when another one could not be. */
export interface Closers {
  add(close: () => unknown): void;
  /** Never rejects. Closes what was added until now once. */
  closeAll(): Promise<void>;
}

export function createClosers(logger: Logger): Closers {
  const closers: (() => unknown)[] = [];
  return {
    add: (close) => void closers.push(close),
    async closeAll() {
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        try {
          await close();
        } catch (error) {
          logger.error({ err: error }, "a part of the runtime could not be closed in order");
        }
      }
    },
  };
}
