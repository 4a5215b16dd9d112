// The door of the package. Every job module imports it for `defineJob`, in every worker: what only a host needs is loaded when it is first called
// (200 ms and 40 MB less in each worker).
import type { ContainOptions, Outcome } from "./contain.ts";
import type { AppDefinition } from "./define.ts";
import type { ServeAppOptions } from "./serve-app.ts";
import type { Runtime, RuntimeOptions } from "./runtime-types.ts";

export { adaptiveBatch, type AdaptiveBatch, type AdaptiveBatchOptions } from "./adaptive-batch.ts";
export { defineApp, defineCommand, defineJob, defineService } from "./define.ts";
export type {
  AppContext,
  AppControl,
  AppDefinition,
  AppFetcher,
  AppHandler,
  AppOptions,
  AppScheduleOptions,
  Breaker,
  BreakerOptions,
  BreakerView,
  CommandDefinition,
  CommandOptions,
  JobContext,
  JobDefinition,
  JobOptions,
  RetryOptions,
  ScheduleOptions,
  ServiceContext,
  ServiceOptions,
  ServiceRestartOptions,
  SizeGuardOptions,
  StageTimeout,
} from "./define.ts";
export * from "./model/index.ts";
// Named, so that this class is one and the same wherever it was imported (see scripts/build.ts).
export { CofferdamError, ERROR_KINDS, assert } from "./model/errors.ts";
export type { Runtime, RuntimeOptions, HttpOptions } from "./runtime-types.ts";
export type * from "./control/ports.ts";
export { defineConfig } from "./config/define-config.ts";
export type { ConfigFileOptions, ExecOptions } from "./config/index.ts";
export { formatEvent, type FormatOptions } from "./cli/format-event.ts";
export type { ContainOptions, Outcome, ServeAppOptions };

/**
 * Starts a runtime in this process: the embedded store, the worker pool, schedules and (unless `http: false`) the API.
 * Resolves when it is ready to run jobs.
 * @throws CofferdamError for options that are not valid and for a data directory that cannot be used (`data_dir_locked`, `data_dir_unusable`, `database_newer` …).
 * @example
 * const runtime = await startRuntime({ jobs: ["./jobs"], http: { port: 0 } });
 * const { id } = await runtime.control.enqueue({ type: "report.import", input: JSON.stringify({ path: "a.xml" }) });
 * await runtime.stop();
 */
export async function startRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const host = await import("./runtime.ts");
  return host.startRuntime(options);
}

/**
 * Serves one app alone on its own port, at `/` and at `/apps/<name>/`, with its jobs, services and schedules, and the API beside it.
 * The app must be exported by the module that calls `defineApp`.
 * @throws CofferdamError like `startRuntime`.
 * @example
 * import app from "./app.ts";
 * const runtime = await serveApp(app, { port: 8080, dataDir: "./data" });
 */
export async function serveApp(app: AppDefinition, options: ServeAppOptions = {}): Promise<Runtime> {
  const serving = await import("./serve-app.ts");
  return serving.serveApp(app, options);
}

/**
 * Runs one job module or command behind the wall, without queue or database: its whole process tree is budgeted and watched,
 * ended with a true cause, and nothing is left behind. Never rejects for anything the contained program does.
 * @throws CofferdamError for options that are not valid.
 * @example
 * const outcome = await contain({ command: ["python3", "scraper.py"], budget: { memory: "512MB", time: "5m" } });
 * if (outcome.verdict.cause !== "succeeded") console.error(outcome.verdict.summary);
 */
export async function contain(options: ContainOptions): Promise<Outcome> {
  const compartment = await import("./contain.ts");
  return compartment.contain(options);
}
