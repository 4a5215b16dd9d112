import type { Worker } from "node:worker_threads";
import { CofferdamError } from "../model/index.ts";
import type { CancelTimer, Clock, Logger } from "../platform/index.ts";
import { fromFailureMessage } from "./failure.ts";
import type { FromReader, Queries, Query, ToReader } from "./read/queries.ts";
import { post } from "./thread/spawn.ts";

/** The main thread's end of the reader. Its thread (10 MB) lives while somebody reads: from the first query until a minute after the last. */
export interface ReaderClient {
  ask<Asked extends Query>(query: Asked): Promise<Queries[Asked["kind"]]["answer"]>;
  close(): Promise<void>;
}

export const READER_IDLE_MS = 60_000;

interface Asker {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface ReaderThread {
  readonly worker: Worker;
  readonly waiting: Map<number, Asker>;
}

/** `start` makes a thread; called again when a query comes after the one before has been let go, or has died. */
export function createReaderClient(start: () => Worker, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }): ReaderClient {
  const leaving = new Set<Promise<void>>();
  let thread: ReaderThread | null = null;
  let nextId = 1;
  let isClosed = false;
  let cancelIdle: CancelTimer = () => undefined;

  function begin(): ReaderThread {
    const worker = start();
    const waiting = new Map<number, Asker>();
    let death: CofferdamError | null = null;
    worker.on("message", (message: FromReader) => {
      if (message.kind === "opened") return;
      const asker = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.kind === "answer") asker?.resolve(message.value);
      else asker?.reject(fromFailureMessage(message.failure));
      if (waiting.size === 0 && thread?.worker === worker) letGoLater();
    });
    worker.on("error", (error) => {
      logger.error({ err: error }, "the store's reader thread died");
      death = new CofferdamError("store_failed", `the store's reader thread died: ${error.message}`, {
        hint: "Ask again: the next query starts another one. Nothing is lost.",
        cause: error,
      });
    });
    const exited = new Promise<void>((resolve) => {
      worker.on("exit", () => {
        if (thread?.worker === worker) thread = null;
        const reason = death ?? new CofferdamError("store_closed", "the store is closed");
        for (const asker of waiting.values()) asker.reject(reason);
        waiting.clear();
        resolve();
      });
    });
    leaving.add(exited);
    void exited.then(() => leaving.delete(exited));
    return { worker, waiting };
  }

  function letGoLater(): void {
    cancelIdle();
    cancelIdle = clock.after(READER_IDLE_MS, letGo, { keepAlive: false });
  }

  /** What was asked before is still answered; what comes later starts another thread. */
  function letGo(): void {
    if (thread === null) return;
    post<ToReader>(thread.worker, { kind: "close" });
    thread = null;
  }

  return {
    ask<Asked extends Query>(query: Asked) {
      return new Promise<Queries[Asked["kind"]]["answer"]>((resolve, reject) => {
        if (isClosed) {
          reject(new CofferdamError("store_closed", "the store is closed"));
          return;
        }
        cancelIdle();
        thread ??= begin();
        thread.waiting.set(nextId, { resolve: resolve as (value: unknown) => void, reject });
        post<ToReader>(thread.worker, { kind: "query", id: nextId, query });
        nextId += 1;
      });
    },
    async close() {
      isClosed = true;
      cancelIdle();
      letGo();
      await Promise.all(leaving);
    },
  };
}
