// Wires database, runtime, conductor and HTTP; decides nothing.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isCause, startRuntime, type Runtime, type RuntimeEvent } from "cofferdam";
import { createBackfillDriver } from "./backfill/driver.ts";
import { systemClock, toTime } from "./clock.ts";
import { createConductor, type Conductor } from "./conduct/conductor.ts";
import { leave, liveNodes, readNode } from "./conduct/nodes.ts";
import type { Observer } from "./conduct/observer.ts";
import { createOperations, type Operations } from "./conduct/operations.ts";
import { audit } from "./conduct/flags.ts";
import { sweep } from "./conduct/sweep.ts";
import { countWork } from "./conduct/work.ts";
import { openSnapshots, type Database } from "./database/open.ts";
import { messageOf } from "./errors.ts";
import { createIngest, type Ingest } from "./ingest/ingest.ts";
import { createRegular, type Regular } from "./regular.ts";
import { toEnvironment, type Settings } from "./settings.ts";
import type { Environment } from "workload-command-line";
import { createAlerts, type Alerts } from "./watch/alerts.ts";
import { createLiveWorkers, type LiveWorkers } from "./watch/live-workers.ts";
import { createLog, type Log } from "./watch/log.ts";
import { createMetrics, type Metrics } from "./watch/metrics.ts";
import { createPace } from "./watch/pace.ts";
import { isTypeName, LANES, TYPES } from "./work-types.ts";

/** Where the job modules are. */
export const JOB_MODULES: string = join(import.meta.dirname, "..", "jobs");

export interface ServiceOptions {
  readonly settings: Settings;
  /** What the settings were read from: workers read theirs from the same. */
  readonly environment?: Environment;
  /** Whether work of nobody and of dead nodes is taken up: a server does, a single command does not. */
  readonly adopts: boolean;
  readonly log?: Log;
  readonly onEvent?: (event: RuntimeEvent) => void;
}

export interface Service {
  readonly settings: Settings;
  readonly database: Database;
  readonly runtime: Runtime;
  readonly conductor: Conductor;
  readonly operations: Operations;
  readonly ingest: Ingest;
  readonly metrics: Metrics;
  readonly alerts: Alerts;
  readonly live: LiveWorkers;
  readonly log: Log;
  /** Resolves when the snapshot is off the list of work, whatever its end. Where another node took it, that is seen at the next sweep. */
  untilDone(snapshotId: number): Promise<void>;
  /** Drives a backfill until it ends or pauses. */
  untilBackfilled(jobId: string): Promise<void>;
  /** Looks for lost claims and forgotten work now. */
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

/** Database, runtime and what keeps both in step. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { settings } = options;
  await mkdir(settings.runtimeDirectory, { recursive: true });
  const node = await readNode(settings.runtimeDirectory);
  const database = await openSnapshots(settings.databaseUrl, { busyMs: settings.databaseBusyMs });
  /** Events of recovery come before there is anybody to tell: kept until then. */
  const early: RuntimeEvent[] = [];
  let listener = (event: RuntimeEvent): void => void early.push(event);
  try {
    const runtime = await startRuntime({
      dataDir: settings.runtimeDirectory,
      jobs: [JOB_MODULES],
      http: false,
      logLevel: "warn",
      lanes: lanesOf(settings),
      workerNice: settings.workerNice,
      // Job modules read their settings from the environment of their process.
      env: { ...toEnvironment(settings, options.environment), SNAPSHOT_ETL_NODE: node },
      // The breaker of rule 18 is this workload's own; two of them would answer for each other.
      healing: false,
      onEvent: (event) => listener(event),
    });
    try {
      return await wire(options, node, database, runtime, (next) => {
        listener = next;
        for (const event of early) next(event);
      });
    } catch (error) {
      await runtime.stop();
      throw error;
    }
  } catch (error) {
    await database.close();
    throw error;
  }
}

export function lanesOf(settings: Pick<Settings, "workerConcurrency">): Record<string, { readonly concurrency: number }> {
  return {
    [LANES[TYPES.process]]: { concurrency: settings.workerConcurrency },
    [LANES[TYPES.highmem]]: { concurrency: 1 },
    [LANES[TYPES.backfill]]: { concurrency: 1 },
    [LANES[TYPES.fetch]]: { concurrency: 2 },
    [LANES[TYPES.archive]]: { concurrency: 1 },
  };
}

async function wire(options: ServiceOptions, node: string, database: Database, runtime: Runtime, listen: (listener: (event: RuntimeEvent) => void) => void): Promise<Service> {
  const { settings } = options;
  const clock = systemClock;
  const log = options.log ?? createLog();
  const metrics = createMetrics();
  const live = createLiveWorkers(clock.nowMs);
  const pace = createPace(clock.nowMs);
  const { control } = runtime;
  const alerts = createAlerts({
    nowMs: clock.nowMs,
    raise({ name, message, atMs }) {
      log.warn(`alert: ${message}`, { alert: name });
      void database
        .write((transaction) => audit(transaction, { actor: "system", action: "alert", target: name, details: { message }, now: toTime(atMs) }))
        .catch((error: unknown) => log.error("an alert could not be audited", { error: messageOf(error) }));
    },
    trip(type) {
      if (!isTypeName(type)) return;
      const reason = "more than half of its last 20 jobs failed";
      operations
        .pauseType(type, reason, "system")
        .then(() => alerts.tell("type_paused", `${type}: ${reason}`))
        .catch((error: unknown) => log.error("a type could not be paused", { type, error: messageOf(error) }));
    },
  });
  const observer = createObserver(metrics, alerts, log, pace.done);
  const conductor = createConductor({ database, control, settings, clock, node, observer, log, chance: Math.random });
  const backfills = createBackfillDriver({
    database,
    conductor,
    clock,
    log,
    onPaused: (jobId, reason) => alerts.tell("backfill_paused", `backfill ${jobId}: ${reason}`),
    setConcurrency: async (concurrency) => void (await control.setLaneConcurrency(LANES[TYPES.backfill], concurrency)),
  });
  const operations = createOperations({ database, control, conductor, backfills, clock, node, onTypeResumed: alerts.forgetType });
  const ingest = createIngest({
    database,
    settings,
    clock,
    node,
    async queue() {
      const waiting = await countWork(database.read);
      return { depth: [...waiting.values()].reduce((sum, count) => sum + count, 0), perSecond: pace.perSecond() };
    },
    async stored(snapshotId, about) {
      observer.received(about.source, about.quarantined);
      if (about.quarantined) alerts.tell("quarantined", `snapshot ${snapshotId}: size_guard (${about.sizeBytes} bytes)`);
      await conductor.take(snapshotId);
    },
  });
  listen((event) => {
    options.onEvent?.(event);
    live.observe(event);
    if (event.kind === "attempt.ended" && isDeath(event.cause)) {
      metrics.workerRestarted(event.cause);
      alerts.workerDied();
    }
    if (event.kind !== "job.settled" || !ENDED.has(event.state)) return;
    if (event.type === TYPES.archive && event.state !== "succeeded") void tellArchiveFailed(event.jobId);
    void conductor.jobEnded(event.jobId);
  });
  async function tellArchiveFailed(jobId: string): Promise<void> {
    const summary = await control.job(jobId).then(
      (job) => job.summary,
      () => null,
    );
    alerts.tell("archive_failed", `not everything could be archived: ${summary ?? "the job failed"}`);
  }
  const startedAtMs = clock.nowMs();
  /** Asked after each sweep: what another node does is told by the database alone. */
  const awaited = new Set<() => Promise<void>>();
  async function look(): Promise<void> {
    await sweep({ database, control, conductor, settings, clock, node, startedAtMs, adopts: options.adopts });
    backfills.wake();
    await Promise.all([...awaited].map((isThrough) => isThrough()));
  }
  await look();
  if (options.adopts) {
    const nodes = await liveNodes(database.read, clock.nowMs(), settings.sweepMs);
    for (const jobId of await openBackfills({ database, node, live: nodes })) void backfills.drive(jobId);
  }
  const regular: Regular = createRegular(settings.sweepMs, look, (error) => log.error("a sweep failed; the next one tries again", { error: messageOf(error) }));

  return {
    settings,
    database,
    runtime,
    conductor,
    operations,
    ingest,
    metrics,
    alerts,
    live,
    log,
    untilBackfilled: (jobId) => backfills.drive(jobId),
    sweep: look,
    async untilDone(snapshotId) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const unlisten = conductor.onDone((done) => {
        if (done === snapshotId) resolve();
      });
      const isThrough = async (): Promise<void> => {
        const waiting = await database.read.selectFrom("work").select("snapshot_id").where("snapshot_id", "=", snapshotId).executeTakeFirst();
        if (waiting === undefined) resolve();
      };
      awaited.add(isThrough);
      try {
        await isThrough();
        await promise;
      } finally {
        awaited.delete(isThrough);
        unlisten();
      }
    },
    async stop() {
      await regular.stop();
      await backfills.stop();
      await runtime.stop();
      await conductor.stop();
      await leave(database, node).catch(() => undefined);
      await database.close();
    },
  };
}

const ENDED = new Set(["succeeded", "failed", "cancelled", "quarantined"]);

/** Ends that took the worker with them. */
function isDeath(cause: string): boolean {
  return isCause(cause) && !["succeeded", "failed", "cancelled", "lock-contention"].includes(cause);
}

function createObserver(metrics: Metrics, alerts: Alerts, log: Log, onDone: () => void): Observer {
  return {
    received: (source) => metrics.received(source),
    done(type, outcome, snapshotId) {
      onDone();
      if (outcome.outcome === "skipped") return log.info("a job was dropped", { snapshot_id: snapshotId, reason: outcome.reason });
      metrics.processed(outcome);
      alerts.ended(type, outcome.outcome === "failed");
      log.info("a snapshot is through", { snapshot_id: snapshotId, result: outcome.outcome, seconds: outcome.seconds, errors: outcome.errors });
    },
    failed(type, failure, next, snapshotId) {
      metrics.failed(failure);
      alerts.ended(type, true);
      log.warn("an attempt failed", { snapshot_id: snapshotId, error_type: failure.type, cause: failure.cause, next: next.kind });
      if (next.kind === "dead-letter") alerts.tell("dead_letter", `snapshot ${snapshotId}: ${failure.type}`);
      if (next.kind === "quarantine" || next.kind === "quarantine-and-retry") alerts.tell("quarantined", `snapshot ${snapshotId}: out of memory (${failure.cause})`);
    },
    released: (snapshotId) => log.warn("a dead claim was released", { snapshot_id: snapshotId }),
  };
}

/** Backfills of this node that were under way, and those whose node is gone. */
async function openBackfills({ database, node, live }: { readonly database: Database; readonly node: string; readonly live: readonly string[] }): Promise<readonly string[]> {
  const others = new Set(live.filter((each) => each !== node));
  const rows = await database.read.selectFrom("backfill_jobs").select(["job_id", "node"]).where("status", "in", ["pending", "running"]).execute();
  return rows.filter((row) => row.node === null || !others.has(row.node)).map(({ job_id }) => job_id);
}
