import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startRuntime, type Runtime, type RuntimeOptions } from "cofferdam";
import { listen, type Environment, type Listening } from "workload-command-line";
import { createClock, type Clock } from "./clock.ts";
import { createDiscovery, type Discovery } from "./conduct/discovery.ts";
import { createJobLine } from "./conduct/job-line.ts";
import { createMatches, type Matches } from "./conduct/matches.ts";
import { createPollers, type Pollers } from "./conduct/pollers.ts";
import { createSink, type Sink } from "./conduct/sink.ts";
import { openDatabase, type Database } from "./database/database.ts";
import { createApp, createMetricsApp } from "./http/app.ts";
import { createHandoverApp } from "./http/handover-app.ts";
import { createHub, type Hub } from "./http/hub.ts";
import type { Services } from "./http/services.ts";
import { createLog, type Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { readSettings, toEnvironment, type Settings } from "./settings.ts";
import { LANES, TYPES } from "./work-types.ts";

/** Where the job modules are. */
export const JOB_MODULES: string = join(import.meta.dirname, "..", "jobs");

const LOOK_MS = 500;

export interface ServiceOptions {
  /** Instead of the process's own. */
  readonly environment?: Environment;
  readonly log?: Log;
  /** Instead of {@link JOB_MODULES}: pollers that misbehave, in tests. */
  readonly jobs?: RuntimeOptions["jobs"];
  /** Instead of the machine's, in tests. */
  readonly clock?: Clock;
}

export interface Service {
  readonly settings: Settings;
  readonly runtime: Runtime;
  readonly database: Database;
  readonly matches: Matches;
  readonly pollers: Pollers;
  readonly discovery: Discovery;
  readonly hub: Hub;
  /** "http://127.0.0.1:5000" */
  readonly url: string;
  readonly metricsUrl: string;
  /** Snapshots, every tree gone, everything closed. */
  stop(): Promise<void>;
}

/** Database, runtime, pollers, discovery and the HTTP interface; goes on with the matches that were live. */
export async function startService({ environment = process.env, log = createLog(Date.now), jobs = [JOB_MODULES], clock = createClock() }: ServiceOptions = {}): Promise<Service> {
  const settings = readSettings(environment);
  mkdirSync(settings.runtimeDirectory, { recursive: true });
  const database = await openDatabase(settings.databasePath);
  try {
    const runtime = await startRuntime({ ...runtimeOptions(settings, jobs), env: workerEnvironment(environment, settings) });
    try {
      return await wire({ settings, log, database, runtime, clock });
    } catch (error) {
      await runtime.stop();
      throw error;
    }
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Job modules read their settings from the environment of their process. */
function workerEnvironment(environment: Environment, settings: Settings): Record<string, string> {
  return { ...toEnvironment(environment, settings), NODE_OPTIONS: withSmallPool(environment["NODE_OPTIONS"] ?? process.env["NODE_OPTIONS"] ?? "") };
}

/** A poller waits nearly all the time: one helper thread of V8 does for it, instead of four. */
function withSmallPool(options: string): string {
  return options.includes("--v8-pool-size") ? options : `${options} --v8-pool-size=1`.trim();
}

function runtimeOptions(settings: Settings, jobs: RuntimeOptions["jobs"]): RuntimeOptions {
  return {
    dataDir: settings.runtimeDirectory,
    ...(jobs === undefined ? {} : { jobs }),
    lanes: { [LANES.pollers]: { concurrency: settings.concurrencyCap }, [LANES.discovery]: { concurrency: 1 } },
    http: false,
    // A match that fails again and again is paused by itself; it must never hold back the pollers of the others.
    healing: false,
    // The hard limit is a wall against leaks, not what a poller needs: forty walls need not fit into the machine side by side.
    memory: { limit: (settings.concurrencyCap + 2) * settings.memoryHardBytes * 2, gate: false },
    // Nobody reads what ended well.
    retention: { succeeded: "10m", failed: "1d" },
    workerNice: 0,
    logLevel: "warn",
  };
}

interface Parts {
  readonly settings: Settings;
  readonly log: Log;
  readonly database: Database;
  readonly runtime: Runtime;
  readonly clock: Clock;
}

async function wire({ settings, log, database, runtime, clock }: Parts): Promise<Service> {
  const metrics = createMetrics();
  const hub = createHub();
  const line = createJobLine(runtime, new Set<string>(Object.values(TYPES)));
  const sink: Sink | null = settings.sinkUrl === null ? null : createSink({ database, url: settings.sinkUrl, metrics, log });
  let handover: Listening | null = null;
  let pending: string | null = null;
  const pollers = createPollers({
    runtime,
    line,
    settings,
    database,
    log,
    metrics,
    clock,
    hasSink: sink !== null,
    handoverUrl: () => `${handover?.url ?? ""}/report`,
    onEmitted(events) {
      hub.publish(events);
      sink?.wake();
    },
  });
  const matches = createMatches({ database, pollers, log, clock });
  const discovery = createDiscovery({ runtime, line, database, matches, metrics, log, clock, intervalMs: settings.discoveryMs });
  const services: Services = {
    database,
    pollers,
    matches,
    discovery,
    hub,
    metrics,
    outboxDepth: () => sink?.depth() ?? 0,
    clock,
    startedAtMs: clock.nowMs(),
    restartPending: () => pending,
    freeMemoryBytes: () => process.availableMemory(),
  };
  await cancelLeftovers(runtime);
  const servers = await listenAll([
    { fetch: createHandoverApp(pollers.receive).fetch, port: 0 },
    { fetch: createApp(services).fetch, port: settings.port },
    // Where both ports are the same, the first one has /metrics as well.
    ...(settings.prometheusPort === settings.port && settings.port !== 0 ? [] : [{ fetch: createMetricsApp(services).fetch, port: settings.prometheusPort }]),
  ]);
  const [handoverServer, server, metricsServer] = servers;
  if (handoverServer === undefined || server === undefined) throw new Error("the service does not listen");
  handover = handoverServer;
  void runtime.failed.then((reason) => (pending ??= reason));
  try {
    await matches.resume();
  } catch (error) {
    await closeAll(servers);
    throw error;
  }
  sink?.wake();
  const looking = setInterval(pollers.look, LOOK_MS);
  discovery.begin();
  return {
    settings,
    runtime,
    database,
    matches,
    pollers,
    discovery,
    hub,
    url: server.url,
    metricsUrl: (metricsServer ?? server).url,
    async stop() {
      pending ??= "the service is ending";
      clearInterval(looking);
      await Promise.all([discovery.stop(), pollers.stop()]);
      await runtime.stop();
      line.close();
      await sink?.stop();
      await closeAll(servers);
      await database.close();
    },
  };
}

interface Door {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly port: number;
}

/** All of them, or none: a port that is taken must not leave the others open. */
async function listenAll(doors: readonly Door[]): Promise<readonly Listening[]> {
  const open: Listening[] = [];
  try {
    for (const { fetch, port } of doors) open.push(await listen(fetch, "127.0.0.1", port));
    return open;
  } catch (error) {
    await closeAll(open);
    throw error;
  }
}

async function closeAll(servers: readonly Listening[]): Promise<void> {
  await Promise.all(servers.map((each) => each.close()));
}

/** Jobs of a service that was killed: what they would report is nobody's any more. */
async function cancelLeftovers({ control }: Runtime): Promise<void> {
  const options = { mode: "kill", by: "live-scores", reason: "the service began anew" } as const;
  for (const type of Object.values(TYPES)) {
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof control.jobs>> = await control.jobs({ type, states: ["ready", "scheduled", "retrying", "running"] }, { limit: 200, cursor });
      // One that has ended in the meantime needs no cancel.
      await Promise.all(page.items.map(({ id }) => control.cancel(id, options).catch(() => undefined)));
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
}
