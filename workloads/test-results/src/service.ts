import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { listen } from "workload-command-line";
import { startRuntime, type Runtime, type RuntimeEvent, type RuntimeOptions } from "cofferdam";
import { createConductor, type Conductor } from "./conduct/conductor.ts";
import type { JobEnd } from "./conduct/job-runner.ts";
import { readOwner } from "./conduct/owner.ts";
import { createLiveImports } from "./conduct/live-imports.ts";
import { startPollSchedule, type PollSchedule } from "./conduct/poll-schedule.ts";
import { createRuntimeRunner } from "./conduct/runtime-runner.ts";
import { openDatabase, type Database } from "./database/database.ts";
import { createApp } from "./http/app.ts";
import { STEPS, type ImportOutcome } from "./import/request.ts";
import type { Downloaded } from "./work/asking-bodies.ts";
import { createMetrics, type WorkMetrics } from "./metrics.ts";
import { toEnvironment, type Settings } from "./settings.ts";
import { JOB_TYPES, LANES, type JobTypeName } from "./work/types.ts";

/** Where the job modules are: what a runtime has to be told to run this workload. */
export const JOB_MODULES: string = join(import.meta.dirname, "..", "jobs");

export interface ServiceOptions {
  readonly settings: Settings;
  /** Whether to answer HTTP on settings.port, and to poll every settings.pollHours. */
  readonly http: boolean;
  readonly onEvent?: (event: RuntimeEvent) => void;
  /** What the runtime carries besides this workload: further job modules and lanes, its own API. Default: nothing. */
  readonly alongside?: Pick<RuntimeOptions, "jobs" | "lanes" | "http">;
  readonly heartbeatMs?: number;
}

export interface Service {
  readonly conductor: Conductor;
  readonly database: Database;
  readonly runtime: Runtime;
  readonly url: string | null;
  stop(): Promise<void>;
}

/** The lanes of this workload and how much each runs at once. Imports parse side by side, and write batch by batch in turns: the database lets one write at a time. */
export function lanesOf(settings: Pick<Settings, "downloads" | "imports">): Record<string, { readonly concurrency: number }> {
  return {
    [LANES.asking]: { concurrency: 2 },
    [LANES.downloads]: { concurrency: settings.downloads },
    [LANES.imports]: { concurrency: settings.imports },
    [LANES.large]: { concurrency: 1 },
  };
}

/** Database, runtime, conductor and, where wanted, the HTTP interface. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { settings } = options;
  mkdirSync(settings.runtimeDirectory, { recursive: true });
  const database = await openDatabase(settings);
  try {
    const { jobs = [], lanes = {}, http = false } = options.alongside ?? {};
    const owner = await readOwner(settings.runtimeDirectory);
    const runtime = await startRuntime({
      dataDir: settings.runtimeDirectory,
      jobs: [JOB_MODULES, ...jobs],
      lanes: { ...lanesOf(settings), ...lanes },
      http,
      logLevel: "warn",
      // Job modules read their settings from the environment of their process.
      env: toEnvironment(settings),
    });
    try {
      return await wire(options, owner, database, runtime);
    } catch (error) {
      await runtime.stop();
      throw error;
    }
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function wire(options: ServiceOptions, owner: string, database: Database, runtime: Runtime): Promise<Service> {
  const { settings } = options;
  const metrics = createMetrics();
  const live = createLiveImports(Date.now);
  const unlisten = options.onEvent === undefined ? (): void => undefined : runtime.onEvent(options.onEvent);
  const runner = createRuntimeRunner(runtime, live, (type, end) => countEnd(metrics, type, end));
  const conductor = createConductor({ database, runner, settings, owner, now: () => new Date(), onPoll: metrics.pollEnded });
  const queueDepth = async (): Promise<number> =>
    (await runtime.control.counts()).filter(({ state }) => state === "ready" || state === "scheduled" || state === "retrying").reduce((sum, { count }) => sum + count, 0);
  const app = createApp({
    database,
    conductor,
    settings,
    metrics,
    imports: () => live.list(runtime.control),
    queueDepth,
    nowMs: Date.now,
    heartbeatMs: options.heartbeatMs ?? 30_000,
  });
  const server = options.http ? await listen(app.fetch, "127.0.0.1", settings.port) : null;
  let polling: PollSchedule | null = null;
  try {
    // A command leaves to a server what is nobody's.
    await conductor.resume(options.http);
    if (options.http) polling = await startPollSchedule({ conductor, database, hours: settings.pollHours, nowMs: Date.now });
  } catch (error) {
    await server?.close();
    throw error;
  }
  return {
    conductor,
    database,
    runtime,
    url: server?.url ?? null,
    async stop() {
      polling?.stop();
      await server?.close();
      await runtime.stop();
      runner.stop();
      unlisten();
      await database.close();
    },
  };
}

function countEnd(metrics: WorkMetrics, type: JobTypeName, end: JobEnd): void {
  if (type === JOB_TYPES.download) {
    if (end.kind === "succeeded") metrics.stepTook("download", (end.result as Downloaded).seconds);
    else metrics.importEnded({ state: end.kind, cause: end.cause, parsed: 0, written: 0, unmatchedJunit: 0 });
  } else if (type === JOB_TYPES.import || type === JOB_TYPES.importLarge) countImport(metrics, end);
}

function countImport(metrics: WorkMetrics, end: JobEnd): void {
  if (end.kind !== "succeeded") return metrics.importEnded({ state: end.kind, cause: end.cause, parsed: 0, written: 0, unmatchedJunit: 0 });
  const outcome = end.result as ImportOutcome;
  const state = outcome.outcome === "skipped" ? "skipped" : outcome.state === "partial" ? "partial" : outcome.state === "empty" ? "empty" : "complete";
  const written = outcome.outcome === "imported" ? outcome.total : 0;
  metrics.importEnded({
    state,
    cause: state === "partial" ? "malformed" : "none",
    parsed: outcome.parsed,
    written,
    unmatchedJunit: outcome.outcome === "imported" ? outcome.unmatchedJunit : 0,
  });
  for (const step of STEPS) {
    const seconds = outcome.stepSeconds[step];
    if (seconds !== undefined) metrics.stepTook(step, seconds);
  }
}
