import type { DatabaseSync } from "node:sqlite";
import type { Durability } from "./durability.ts";
import { createLogFiles, type LogFiles } from "./log-files.ts";
import { createTerms, type Terms } from "./terms.ts";
import { createQueues, type Queues } from "./queues.ts";

/** What every writing operation works with. Numbers kept in memory follow the transaction: written by `flush`, dropped by `reload`. */
export interface WriteContext {
  readonly database: DatabaseSync;
  readonly queues: Queues;
  readonly logFiles: LogFiles;
  readonly terms: Terms;
  readonly durability: Durability;
  /** Writes the counters that changed; the last statements before a commit. */
  flush(): void;
  /** Forgets what was not committed; after a rollback. */
  reload(): void;
}

export function createWriteContext(database: DatabaseSync, durability: Durability): WriteContext {
  const queues = createQueues(database);
  const logFiles = createLogFiles(database);
  const terms = createTerms(database);
  return {
    database,
    queues,
    logFiles,
    terms,
    durability,
    flush() {
      queues.flush();
      logFiles.flush();
    },
    reload() {
      queues.reload();
      logFiles.reload();
      terms.reload();
    },
  };
}
