import { EXIT, inTemporaryDirectory, interruptibly, untilUseless, type ExitCode, type Frame } from "workload-command-line";
import { openDatabase, type Database } from "../database/database.ts";
import { findRun, viewRun } from "../runs/run-view.ts";
import { startService, type Service } from "../service.ts";
import { readSettings } from "../settings.ts";
import { wordRun } from "./word-run.ts";

/** A command that runs a crawl and ends: a runtime of its own in a temporary directory, without schedule, so that a running server is not in its way. */
export async function withService<Result>(work: (service: Service) => Promise<Result>, change: Readonly<Record<string, string>> = {}): Promise<Result> {
  return await inTemporaryDirectory("market-crawl-runtime", async (directory) => {
    const environment = { ...process.env, SCHEDULE: "off", ...change, RUNTIME_DIR: directory };
    const service = await startService({ settings: readSettings(environment), http: false, environment });
    try {
      return await interruptibly(
        () => void service.stop(),
        () => Promise.race([work(service), untilUseless(service.runtime)]),
      );
    } finally {
      await service.stop();
    }
  });
}

/** A command that only reads the database. */
export async function withDatabase<Result>(work: (database: Database) => Promise<Result>): Promise<Result> {
  const database = await openDatabase(readSettings());
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Waits for the end of a run, says it, and gives the exit code that goes with it. */
export async function followRun({ conductor, database }: Service, runId: string, print: Frame["print"]): Promise<ExitCode> {
  const ended = await conductor.untilEnded(runId);
  const row = await findRun(database.read, ended.id);
  if (row === null) return EXIT.failed;
  const view = await viewRun(database.read, row);
  print.data(view, () => wordRun(view));
  return exitCodeOf(row.status);
}

export function exitCodeOf(status: string): ExitCode {
  return status === "success" ? EXIT.done : status === "partial" ? EXIT.partial : EXIT.failed;
}
