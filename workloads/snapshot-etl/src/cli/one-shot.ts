import { openSnapshots, type Database } from "../database/open.ts";
import { startService, type Service } from "../service.ts";
import { readSettings } from "../settings.ts";
import { silentLog } from "../watch/log.ts";
import { inTemporaryDirectory, workOn, type Environment } from "workload-command-line";

/** A command that runs jobs and ends: a runtime of its own in a temporary directory, so that a running server is not in its way. */
export async function withService<Result>(work: (service: Service) => Promise<Result>, change: Environment = {}): Promise<Result> {
  return await inTemporaryDirectory("snapshot-etl-runtime", async (runtimeDirectory) => {
    const environment = { ...process.env, ...change, RUNTIME_DIR: runtimeDirectory };
    const service = await startService({ settings: readSettings(environment), environment, adopts: false, log: silentLog });
    try {
      return await workOn(service.runtime, () => work(service));
    } finally {
      await service.stop();
    }
  });
}

/** A command that only reads or corrects the database. */
export async function withDatabase<Result>(work: (database: Database) => Promise<Result>): Promise<Result> {
  const settings = readSettings();
  const database = await openSnapshots(settings.databaseUrl, { busyMs: settings.databaseBusyMs });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
