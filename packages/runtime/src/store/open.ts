import type { Worker } from "node:worker_threads";
import { resolve } from "node:path";
import { CofferdamError } from "../model/index.ts";
import type { Chance, Clock, Logger } from "../platform/index.ts";
import { createEmbeddedStore } from "./embedded.ts";
import { fromFailureMessage } from "./failure.ts";
import type { FromWriter } from "./operations.ts";
import type { Store } from "./ports.ts";
import { createReaderClient } from "./reader-client.ts";
import { spawnThread } from "./thread/spawn.ts";
import type { WriterOptions } from "./thread/writer-thread.ts";
import { createWriterClient, type StoreEvent } from "./writer-client.ts";

export interface EmbeddedStoreOptions {
  /** Made when it is missing. One process at a time. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  /** Told once when writing stops working, and once when it works again. */
  readonly onEvent?: (event: StoreEvent) => void;
  /** For tests: the database may have so many pages of 4 KiB; beyond them the disk is full. */
  readonly pagesMax?: number;
}

/**
 * Opens the store that lives in a directory of this machine. Resolves when the schema is up to date and writes are possible.
 * @throws CofferdamError `data_dir_locked`, `data_dir_unusable`, `database_corrupt`, `database_newer`, `store_full`, `store_failed`.
 * @example const store = await openEmbeddedStore({ dataDir: ".cofferdam", clock: systemClock, chance: systemChance, logger });
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  const dataDir = resolve(options.dataDir);
  const worker = spawnThread("writer", { dataDir, nowMs: options.clock.nowMs(), pagesMax: options.pagesMax ?? null } satisfies WriterOptions);
  const { schemaVersion, journalMode } = await opened(worker);
  const writer = createWriterClient(worker, { clock: options.clock, logger: options.logger, onEvent: options.onEvent ?? (() => undefined) });
  const reader = createReaderClient(() => spawnThread("reader", { dataDir }), { clock: options.clock, logger: options.logger });
  return createEmbeddedStore({ dataDir, clock: options.clock, chance: options.chance, writer, reader, schemaVersion, journalMode });
}

function opened(worker: Worker): Promise<Extract<FromWriter, { kind: "opened" }>> {
  return new Promise((done, fail) => {
    const stop = (): void => {
      worker.off("message", onMessage);
      worker.off("error", onError);
      worker.off("exit", onExit);
    };
    const onMessage = (message: FromWriter): void => {
      stop();
      if (message.kind === "opened") done(message);
      else fail(message.kind === "refused" ? fromFailureMessage(message.failure) : new CofferdamError("broken_invariant", "the writer says first that it is open"));
    };
    const onError = (error: Error): void => {
      stop();
      fail(error);
    };
    const onExit = (): void => {
      stop();
      fail(new CofferdamError("store_failed", "the store's writer thread ended before it was open"));
    };
    worker.on("message", onMessage);
    worker.on("error", onError);
    worker.on("exit", onExit);
  });
}
