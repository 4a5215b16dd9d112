import type { Worker } from "node:worker_threads";
import { CofferdamError } from "../model/index.ts";
import type { Logger } from "../platform/index.ts";
import { fromFailureMessage } from "./failure.ts";
import type { FromReader, Queries, Query, ToReader } from "./read/queries.ts";
import { post } from "./thread/spawn.ts";

/** The main thread's end of the reader. */
export interface ReaderClient {
  ask<Asked extends Query>(query: Asked): Promise<Queries[Asked["kind"]]["answer"]>;
  close(): Promise<void>;
}

export function createReaderClient(worker: Worker, logger: Logger): ReaderClient {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let nextId = 1;
  let ended: CofferdamError | null = null;

  worker.on("message", (message: FromReader) => {
    if (message.kind === "opened") return;
    const query = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === "answer") query?.resolve(message.value);
    else query?.reject(fromFailureMessage(message.failure));
  });
  worker.on("error", (error) => {
    logger.error({ err: error }, "the store's reader thread died");
    ended = new CofferdamError("store_failed", `the store's reader thread died: ${error.message}`, { hint: "Restart the runtime; nothing is lost.", cause: error });
  });
  const exited = new Promise<void>((resolve) => {
    worker.on("exit", () => {
      ended ??= new CofferdamError("store_closed", "the store is closed");
      for (const query of waiting.values()) query.reject(ended);
      waiting.clear();
      resolve();
    });
  });

  return {
    ask<Asked extends Query>(query: Asked) {
      return new Promise<Queries[Asked["kind"]]["answer"]>((resolve, reject) => {
        if (ended !== null) {
          reject(ended);
          return;
        }
        waiting.set(nextId, { resolve: resolve as (value: unknown) => void, reject });
        post<ToReader>(worker, { kind: "query", id: nextId, query });
        nextId += 1;
      });
    },
    async close() {
      if (ended === null) post<ToReader>(worker, { kind: "close" });
      ended ??= new CofferdamError("store_closed", "the store is closed");
      await exited;
    },
  };
}
