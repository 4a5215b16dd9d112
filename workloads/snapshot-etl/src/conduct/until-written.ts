import { setTimeout as pause } from "node:timers/promises";
import { classifyDatabaseError } from "workload-database";
import type { Database } from "../database/open.ts";

const PAUSE_MS = 200;

/** `write` that waits for a database which is locked, full or away: what a job's end says must not be lost. @throws anything else, and when it is told to stop */
export function untilWritten(database: Database, signal: AbortSignal, onFailure: (error: unknown) => void): Database["write"] {
  return async (work, options) => {
    for (;;) {
      try {
        return await database.write(work, options);
      } catch (error) {
        if (classifyDatabaseError(error) !== "transient" || signal.aborted) throw error;
        onFailure(error);
        await pause(PAUSE_MS, undefined, { signal });
      }
    }
  };
}
