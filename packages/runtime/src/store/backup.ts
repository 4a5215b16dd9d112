import { resolve } from "node:path";
import { CofferdamError } from "../model/index.ts";
import { fromFailureMessage } from "./failure.ts";
import type { BackupOptions, FromBackup } from "./thread/backup-thread.ts";
import { spawnThread } from "./thread/spawn.ts";

/** Writes a consistent copy of the database to a file that must not exist yet. The copy can be opened as it is: put it into an empty data directory as cofferdam.db. */
export function backupDatabase(dataDir: string, file: string): Promise<{ readonly bytes: number }> {
  const worker = spawnThread("backup", { dataDir, file: resolve(file) } satisfies BackupOptions);
  return new Promise((done, fail) => {
    worker.on("message", (message: FromBackup) => {
      if (message.kind === "done") done({ bytes: message.bytes });
      else fail(fromFailureMessage(message.failure));
    });
    worker.on("error", fail);
    worker.on("exit", () => fail(new CofferdamError("store_failed", "the backup ended without a result")));
  });
}
