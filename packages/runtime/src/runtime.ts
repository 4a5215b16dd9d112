import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAttemptBoard, recoverUnfinished, type AttemptBoard } from "./attempt/index.ts";
import { openBreakerBook } from "./breaker/index.ts";
import { createClosers, type Closers } from "./closers.ts";
import { createChaos } from "./chaos/index.ts";
import { findJobModules, resolveOptions, withoutTokens, type ResolvedConfig } from "./config/index.ts";
import { callByName, createControl, createEnqueuer, createEventHub, openLaneBook, type Control, type EventHub, type RuntimePhase } from "./control/index.ts";
import { describeModules } from "./describe-modules.ts";
import { createDispatcher, type Dispatcher } from "./dispatch/index.ts";
import { openSurroundings, readKernelLog } from "./governor/index.ts";
import { openHealth } from "./held-back.ts";
import { createHttpServer, type HttpServer } from "./http/index.ts";
import { createBacklog, createIntake } from "./intake/index.ts";
import { keepHouse } from "./housekeeping.ts";
import { openIncidentDesk } from "./incident-desk.ts";
import { measureLoopDelay } from "./loop-delay.ts";
import { openLearner } from "./learning/index.ts";
import { laneSettings, needOf, planMemory, typeInLane } from "./memory-plan.ts";
import { createMetrics } from "./metrics/index.ts";
import { HIGH_MEMORY_LANE, type BrokenModule, type JobType } from "./model/index.ts";
import { createLogger, newId, systemChance, systemClock, type Logger } from "./platform/index.ts";
import type { Runtime, RuntimeOptions } from "./runtime-types.ts";
import { createRecorder, readFlight } from "./recorder/index.ts";
import { createScheduler, type Scheduler } from "./schedule/index.ts";
import { createServiceHost, type ServiceHost } from "./service/index.ts";
import { openEmbeddedStore, type Store } from "./store/index.ts";
import { createCrew, openYard, readLogTail, readTail, type Crew } from "./supervisor/index.ts";
import { readVersion } from "./version.ts";

const clock = systemClock;
const chance = systemChance;

/** What a runtime does by itself. `enqueued`: it runs what it is given; no service is begun, no schedule fires. */
export type OwnWork = "everything" | "enqueued";

/** See the package door, index.ts. */
export async function startRuntime(options: RuntimeOptions = {}, ownWork: OwnWork = "everything"): Promise<Runtime> {
  const { onEvent, env, ...written } = options;
  const config = resolveOptions(written);
  const moduleUrls = await findJobModules(config.jobs);
  const logger = createLogger(config.logLevel);
  const startedAtMs = clock.nowMs();
  const events = createEventHub({ startedAtMs, onSubscriberError: (error) => logger.error({ err: error }, "a subscriber of events failed") });
  if (onEvent !== undefined) events.subscribe(({ event }) => onEvent(event));
  const closers = createClosers(logger);
  const store = await openEmbeddedStore({ dataDir: config.dataDirectory, clock, chance, logger, onEvent: (event) => events.publish({ ...event, atMs: clock.nowMs() }) });
  closers.add(() => store.close());
  try {
    return await startHost({ config, env: () => ({ ...withoutTokens(process.env), ...env }), moduleUrls, logger, startedAtMs, events, store, closers, ownWork });
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

interface Base {
  readonly config: ResolvedConfig;
  /** Of everything that is started, as it is then. */
  env(): Readonly<Record<string, string | undefined>>;
  readonly moduleUrls: readonly string[];
  readonly logger: Logger;
  readonly startedAtMs: number;
  readonly events: EventHub;
  readonly store: Store;
  /** Also of a start that fails, however late. */
  readonly closers: Closers;
  readonly ownWork: OwnWork;
}

/** Everything below is wiring: each room is made once and told of the others. Nothing is decided here. */
async function startHost({ config, env, moduleUrls, logger, startedAtMs, events, store, closers, ownWork }: Base): Promise<Runtime> {
  const paths = {
    logs: join(config.dataDirectory, "logs"),
    ledger: join(config.dataDirectory, "ledger"),
    flight: join(config.dataDirectory, "flight"),
    artifacts: join(config.dataDirectory, "artifacts"),
    server: join(config.dataDirectory, "server.json"),
  };
  await mkdir(paths.logs, { recursive: true, mode: 0o700 });
  await mkdir(paths.flight, { recursive: true, mode: 0o700 });
  const publish = events.publish.bind(events);
  const version = readVersion();
  const yard = await openYard({ tier: config.tier, nice: config.workerNice });
  const owner = `${yard.instance.name}/${newId("runtime", startedAtMs, chance)}`;
  const loopDelay = measureLoopDelay(clock);
  closers.add(() => loopDelay.stop());
  let http: HttpServer | null = null;
  let phase: RuntimePhase = "starting";
  // The API answers until everything else is closed.
  closers.add(() => http?.close());
  closers.add(() => rm(paths.server, { force: true }));
  closers.add(() => {
    phase = "stopped";
    publish({ kind: "runtime.stopped", atMs: clock.nowMs(), detail: "every tree is empty" });
  });
  let types: ReadonlyMap<string, JobType> = new Map();
  /** Kept apart: nobody may enqueue a service. */
  let serviceTypes: ReadonlyMap<string, JobType> = new Map();
  let broken: readonly BrokenModule[] = [];

  const memory = planMemory({
    config: config.memory,
    clock,
    needBytes: (jobType, lane) => needOf(jobType, lanes.all().get(lane) ?? null, (type) => learner.reservation(type)),
    apartBytes: () => sum([...serviceTypes.values()].map(({ budget }) => budget.memoryBytes ?? config.memory.reservationBytes)),
  });
  closers.add(() => memory.watch.stop());
  const lanes = await openLaneBook(store, laneSettings(config.lanes, memory.capacityBytes));
  const breakers = await openBreakerBook({ store, clock, publish });
  const recorder = createRecorder({
    directory: paths.flight,
    clock,
    surroundings: openSurroundings(),
    release: config.release,
    onFailure: (error) => logger.warn({ err: error }, "a flight record could not be written"),
  });
  closers.add(() => recorder.close());
  const desk = await openIncidentDesk({
    store,
    clock,
    logger,
    release: config.release,
    crew: () => crew,
    isService: (type) => serviceTypes.has(type),
    lastUpdateAtMs: (service) => services.find(service)?.lastUpdateAtMs ?? null,
    publish,
    listen: (listener) => events.subscribe(({ event }) => listener(event)),
  });
  closers.add(() => desk.stop());
  const health = await openHealth({
    onTrip: (trip) => desk.tripped(trip),
    rule: config.healing,
    lanes,
    types: () => types,
    clock,
    store,
    logger,
    publish,
    onChange: () => dispatcher.wake(),
    refill: () => crew.refill(),
  });
  closers.add(() => health.close());
  // Services have restart rules of their own; dispatch does not start them.
  events.subscribe(({ event }) => event.kind === "attempt.ended" && types.has(event.type) && health.healer.observe(event));
  const learner = await openLearner({
    clock,
    journal: store,
    onGrowth: (workerId, reason) => crew.recycle(workerId, reason),
    onError: (error) => logger.warn({ err: error }, "what was learned of job types could not be stored"),
  });
  closers.add(() => learner.close());
  const crew: Crew = createCrew(yard, {
    onStart: (outcome, reason) => health.starts.note(outcome, reason),
    mayStartAhead: () => !health.starts.isHolding(),
    breakers,
    logDirectory: paths.logs,
    ledgerDirectory: paths.ledger,
    artifactDirectory: paths.artifacts,
    recorder,
    cwd: process.cwd(),
    env,
    chance,
    recycleAfter: config.recycleAfter,
    recycleGrowthBytes: config.recycleGrowthBytes,
    warmWorkers: Math.max(...config.lanes.map(({ concurrency }) => Math.min(concurrency, 2))),
    onError: (error) => logger.warn({ err: error }, "a worker could not be started ahead of need"),
    // Only types that are known become labels.
    onCounted: (type, counts) => (types.has(type) || serviceTypes.has(type) ? metrics.observeCounts(type, counts) : undefined),
    onWorker(change, view, reason) {
      if (change === "ended") learner.workerEnded(view.id);
      publish({ kind: change === "started" ? "worker.started" : "worker.ended", atMs: clock.nowMs(), workerId: view.id, pid: view.pid, reason });
    },
  });
  closers.add(() => crew.close());
  memory.watch.listen(({ level, reason }) => {
    publish({ kind: "memory.pressure", atMs: clock.nowMs(), level, reason });
    crew.tellPressure(level);
  });
  const backlog = createBacklog({ counts: () => store.counts(), clock, waitingMax: config.laneBacklogMax });
  const intake = createIntake({
    types: () => types,
    broken: () => broken,
    lanes: () => lanes.all(),
    phase: () => phase,
    backlog,
    validate: (jobType, input) => crew.validate(jobType, input),
    clock,
    chance,
    inputBytesMax: config.inputBytesMax,
    sizeGuard: config.sizeGuard,
    predict: (type, inputBytes) => (config.predictRouting ? learner.predict(type, inputBytes) : null),
  });
  const dispatcher: Dispatcher = createDispatcher({
    queue: store,
    clock,
    owner,
    types: () => health.heldBack.types(),
    lanes: () => health.heldBack.lanes(),
    memory: memory.options,
    start: (jobType, leases) => board.start(typeInLane(jobType, lanes.all().get(leases[0]?.lane ?? "") ?? null), leases),
    onCancelled: (leases) => board.tellCancelled(leases),
    onError: (error) => logger.warn({ err: error }, "jobs could not be claimed; trying again"),
  });
  const board: AttemptBoard = createAttemptBoard({
    learner,
    highMemoryLane: () => lanes.all().get(HIGH_MEMORY_LANE) ?? null,
    crew,
    store,
    dispatcher,
    clock,
    chance,
    logger,
    release: config.release,
    readLogTail,
    faultOf: (attemptId) => chaos.faultOf(attemptId),
    publish,
  });
  const enqueuer = createEnqueuer({ intake, queue: store, publish, dispatch: dispatcher });
  const scheduler: Scheduler = createScheduler({
    journal: store,
    clock,
    types: () => types,
    enqueue: (request, origin) => enqueuer.one(request, origin),
    jobState: async (jobId) => (await store.job(jobId))?.state ?? null,
    publish,
    onError: (error) => logger.warn({ err: error }, "a schedule could not be followed; trying again"),
  });
  const services: ServiceHost = createServiceHost({
    queue: store,
    journal: store,
    board,
    crew,
    clock,
    chance,
    owner,
    callControl: (method, args) => callByName(control, method, args),
    publish,
    onError: (error) => logger.warn({ err: error }, "a service could not be followed; trying again"),
  });
  const chaos = createChaos({
    clock,
    chance,
    isProduction: config.production,
    onError: (error) => logger.warn({ err: error }, "what became of the jobs that faults were injected into could not be told"),
    store,
    inject: (attemptId, fault) => crew.inject(attemptId, fault),
    publish,
    listen: (listener) => events.subscribe(({ event }) => listener(event)),
  });
  closers.add(() => chaos.close());
  const control: Control = createControl({
    store,
    intake,
    enqueuer,
    lanes,
    events,
    crew,
    catalog: { types: () => types, broken: () => broken },
    dispatch: {
      wake: () => dispatcher.wake(),
      wakeAt: (dueMs) => dispatcher.wakeAt(dueMs),
      runningInLane: (lane) => dispatcher.runningInLane(lane),
      runningOfType: (type) => dispatcher.runningOfType(type),
      stopAttempt(jobId, intent, graceMs) {
        const isStopping = board.stop(jobId, intent, graceMs);
        if (!isStopping) dispatcher.withdraw(jobId);
        return isStopping;
      },
      profile: (jobId, kind, durationMs) => board.profile(jobId, kind, durationMs),
      runningLog: (jobId) => board.runningLog(jobId),
    },
    memory: {
      limit: memory.limit,
      marginBytes: memory.marginBytes,
      report: () => dispatcher.memory(),
      pressure: () => memory.watch.now(),
      reading: () => memory.watch.reading(),
    },
    healer: health.healer,
    learner,
    chaos,
    schedules: scheduler,
    breakers,
    services,
    validations: desk.validations,
    readFlight: (workerId, attemptId) => readFlight(paths.flight, workerId, attemptId),
    host: {
      version,
      startedAtMs,
      enforcement: yard.capabilities.enforcement,
      enforcementNotes: yard.capabilities.notes,
      phase: () => phase,
      loopDelayMsMax: () => loopDelay.maxMs(),
    },
    clock,
    chance,
  });
  const metrics = createMetrics({ source: control, clock, version, processMetrics: true });
  events.subscribe(({ event }) => metrics.observe(event));
  if (config.http !== null)
    http = createHttpServer({ control, metrics, journal: store, options: { ...config.http, inputBytesMax: config.inputBytesMax, version }, logger, clock, chance });
  // From here on the probes answer: alive, not yet ready.
  const url = (await http?.listen()) ?? null;

  ({ types, services: serviceTypes, broken } = await describeModules(crew, moduleUrls));
  if (ownWork === "enqueued") serviceTypes = new Map();
  for (const { at, moduleUrl, message } of broken) logger.error({ module: at ?? moduleUrl }, `a job module cannot be used: ${message}`);
  metrics.expect([...types.values(), ...serviceTypes.values()], lanes.all().keys());
  const { enforcement } = yard.capabilities;
  if (yard.swept.ended.length > 0)
    publish({
      kind: "sweep.found",
      atMs: clock.nowMs(),
      detail: yard.swept.ended
        .map(({ pid, command }) => `${pid} ${command}`)
        .join("; ")
        .slice(0, 500),
      processes: yard.swept.ended.length,
      attempts: 0,
    });
  await recoverUnfinished({
    store,
    owner,
    types: new Map([...types, ...serviceTypes]),
    lanes: lanes.all(),
    ledgerDirectory: paths.ledger,
    logDirectory: paths.logs,
    flightDirectory: paths.flight,
    machine: () => recorder.machine(),
    enforcement,
    clock,
    chance,
    readTail,
    readKernelLog,
    publish,
  });
  await mkdir(paths.ledger, { recursive: true, mode: 0o700 });
  const house = keepHouse({
    store,
    retention: config.retention,
    directories: paths,
    workersInUse: () => new Set([...crew.workerIds(), ...board.workerIds()]),
    clock,
    logger,
  });
  closers.add(() => house.stop());
  // Closed from the last to the first: nothing new is begun, what runs is asked to end, what was still on its way is given back.
  closers.add(() => board.drain("the runtime is shutting down", 0));
  closers.add(() => dispatcher.close());
  closers.add(() => board.drain("the runtime is shutting down", config.drainTimeoutMs));
  closers.add(() => scheduler.close());
  closers.add(() => {
    phase = "draining";
    publish({ kind: "runtime.draining", atMs: clock.nowMs(), detail: `${board.count()} attempts run` });
    dispatcher.pause();
    services.close();
  });
  crew.warm([...types.values()]);
  phase = "running";
  if (config.chaos !== null) chaos.start({ ...config.chaos, durationMs: null });
  if (ownWork === "everything") await scheduler.start();
  await services.open([...serviceTypes.values()]);
  if (url !== null)
    await writeFile(paths.server, JSON.stringify({ url, pid: process.pid }), { mode: 0o600 }).catch((error: unknown) =>
      logger.warn({ err: error }, `${paths.server} could not be written: commands find this runtime only by --url ${url}`),
    );
  dispatcher.resume();
  publish({ kind: "runtime.started", atMs: clock.nowMs(), detail: `${types.size} job types, tier ${enforcement.tier}` });

  let stopping: Promise<void> | null = null;
  return {
    control,
    url,
    failed: health.failed,
    onEvent: (listener) => events.subscribe(({ event }) => listener(event)),
    stop() {
      if (stopping === null) stopping = closers.closeAll();
      else void board.drain("the runtime is shutting down, faster", 0);
      return stopping;
    },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
