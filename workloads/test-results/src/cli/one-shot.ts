import type { ModuleEnd } from "../conduct/import-module.ts";
import { openDatabase, type Database } from "../database/database.ts";
import { startService, type Service } from "../service.ts";
import { readSettings } from "../settings.ts";
import { EXIT, inTemporaryDirectory, workOn, type ExitCode } from "workload-command-line";

/** A command that runs jobs and ends: a runtime of its own in a temporary directory, so that a running server is not in its way. */
export async function withService<Result>(work: (service: Service) => Promise<Result>, change: Readonly<Record<string, string>> = {}): Promise<Result> {
  return await inTemporaryDirectory("test-results-runtime", async (runtimeDirectory) => {
    const settings = readSettings({ ...process.env, ...change, RUNTIME_DIR: runtimeDirectory });
    const service = await startService({ settings, http: false });
    try {
      return await workOn(service.runtime, () => work(service));
    } finally {
      await service.stop();
    }
  });
}

/** A command that only reads or corrects the database. */
export async function withDatabase<Result>(work: (database: Database) => Promise<Result> | Result): Promise<Result> {
  const settings = readSettings();
  const database = await openDatabase(settings);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

export function exitCodeOf(end: ModuleEnd): ExitCode {
  // What waits in quarantine was not imported, and is not until somebody says so.
  if (end.kind === "skipped") return end.because === "quarantined" ? EXIT.refused : EXIT.done;
  if (end.kind === "imported") return end.state === "partial" ? EXIT.partial : EXIT.done;
  return end.cause === "not_junit" ? EXIT.refused : EXIT.failed;
}

/** Of several imports: the gravest one says how it went. */
export function gravest(codes: readonly ExitCode[]): ExitCode {
  const order: readonly ExitCode[] = [EXIT.failed, EXIT.refused, EXIT.partial, EXIT.done];
  return order.find((code) => codes.includes(code)) ?? EXIT.done;
}

export function wordEnd(name: string, end: ModuleEnd): string {
  const word = end.kind === "failed" ? "FAIL" : end.kind === "skipped" ? "SKIP" : end.state === "partial" ? "PART" : "DONE";
  return `${word.padStart(12)} ${name}  ${end.kind === "failed" ? `${end.cause}: ${end.detail}` : end.detail}`;
}
