import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { startRuntime, type Runtime, type RuntimeEvent, type RuntimeOptions } from "cofferdam";
import { listen } from "workload-command-line";
import { createConductor, newOwner, type Conductor } from "./conduct/conductor.ts";
import type { ProgressNote } from "./crawl/progress-note.ts";
import { openDatabase, type Database } from "./database/database.ts";
import { createApp } from "./http/app.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { SourceCounts } from "./runs/decide-end.ts";
import { interruptOrphans } from "./runs/run-store.ts";
import { toEnvironment, type Settings } from "./settings.ts";

/** Where the job module is: what a runtime has to be told to run this workload. */
export const JOB_MODULES: string = join(import.meta.dirname, "..", "jobs");

export interface ServiceOptions {
  readonly settings: Settings;
  /** Whether to answer HTTP on settings.port. */
  readonly http: boolean;
  /** What the runtime carries besides this workload: further job modules and lanes, its own API. Default: nothing. */
  readonly alongside?: Pick<RuntimeOptions, "jobs" | "lanes" | "http">;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface Service {
  readonly conductor: Conductor;
  readonly database: Database;
  readonly runtime: Runtime;
  readonly url: string | null;
  /** Ends what runs (it is written down as interrupted), then everything else. A second call joins the first. */
  stop(): Promise<void>;
}

/** Database, runtime, conductor and, where wanted, the HTTP interface. */
export async function startService({ settings, http, alongside = {}, environment = process.env }: ServiceOptions): Promise<Service> {
  const owner = newOwner();
  mkdirSync(settings.runtimeDirectory, { recursive: true });
  const database = await openDatabase(settings);
  try {
    const metrics = createMetrics();
    for (const ended of await interruptOrphans(database, null)) metrics.runEnded(ended, ended.sources);
    return await wire({ settings, http, owner, env: toEnvironment(settings, environment, owner), database, metrics, alongside });
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface Wiring {
  readonly settings: Settings;
  readonly http: boolean;
  readonly owner: string;
  /** The job module reads its settings from the environment of its process. */
  readonly env: Readonly<Record<string, string>>;
  readonly database: Database;
  readonly metrics: Metrics;
  readonly alongside: NonNullable<ServiceOptions["alongside"]>;
}

async function wire({ settings, http, owner, env, database, metrics, alongside }: Wiring): Promise<Service> {
  // A run that was due meanwhile begins with the runtime: its first events come before there is anybody to hear them.
  const early: RuntimeEvent[] = [];
  let observe = (event: RuntimeEvent): void => void early.push(event);
  const { jobs = [], http: api = false, ...others } = alongside;
  const runtime = await startRuntime({
    ...others,
    dataDir: settings.runtimeDirectory,
    jobs: [JOB_MODULES, ...jobs],
    http: api,
    env,
    workerNice: settings.workerNice,
    logLevel: "warn",
    onEvent: (event) => observe(event),
  });
  const conductor = conduct({ runtime, owner, database, metrics });
  observe = conductor.observe;
  for (const event of early) conductor.observe(event);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const app = createApp({ conductor, database, settings, metrics, startedAtMs: Date.now(), loopDelayMs: () => readDelay(delay), now: () => new Date() });
  const stopWork = async (): Promise<void> => {
    delay.disable();
    await runtime.stop();
  };
  try {
    await conductor.start();
    const server = http ? await listen(app.fetch, "127.0.0.1", settings.port) : null;
    const end = async (): Promise<void> => {
      await conductor.stop();
      await server?.close();
      await stopWork();
      await database.close();
    };
    let ending: Promise<void> | null = null;
    return { conductor, database, runtime, url: server?.url ?? null, stop: () => (ending ??= end()) };
  } catch (error) {
    await conductor.stop();
    await stopWork();
    throw error;
  }
}

function conduct({ runtime, owner, database, metrics }: Pick<Wiring, "owner" | "database" | "metrics"> & { readonly runtime: Runtime }): Conductor {
  let geocoded: ProgressNote["geocode"] | null = null;
  /** A run that is resumed brings counts along; only what is new is counted. */
  let before: readonly SourceCounts[] = [];
  const conductor: Conductor = createConductor({
    database,
    control: runtime.control,
    owner,
    onBegin: (counts) => void (before = counts),
    onProgress: () => {
      const counts = conductor.live.current()?.note?.geocode;
      if (counts === undefined) return;
      metrics.geocoded(counts, geocoded);
      geocoded = counts;
    },
    onEnd: (ended) => {
      metrics.runEnded(ended, before);
      before = [];
      geocoded = null;
    },
  });
  return conductor;
}

/** The loop looks every 10 ms: what is above that is delay. */
function readDelay(delay: ReturnType<typeof monitorEventLoopDelay>): number {
  const ms = Math.max(0, delay.max / 1e6 - 10);
  delay.reset();
  return ms;
}
