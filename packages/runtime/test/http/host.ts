import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchValidations } from "../../src/incident/index.ts";
import { openBreakerBook } from "../../src/breaker/index.ts";
import { createBacklog, createIntake } from "../../src/intake/index.ts";
import type { RunningLog } from "../../src/attempt/index.ts";
import { createControl, createEnqueuer, createEventHub, openLaneBook, type Control, type EventHub, type RuntimePhase } from "../../src/control/index.ts";
import { createHttpServer, type HttpServerOptions } from "../../src/http/index.ts";
import { createChaos } from "../../src/chaos/index.ts";
import { openLearner } from "../../src/learning/index.ts";
import type { TripView } from "../../src/healing/index.ts";
import { createMetrics, type Metrics } from "../../src/metrics/index.ts";
import { DEFAULT_JOB_BUDGET, DEFAULT_SIZE_GUARD, type SizeGuard, type AttemptRecord, type BrokenModule, type Lease, type Next } from "../../src/model/index.ts";
import { silentLogger, systemChance, systemClock, type Clock } from "../../src/platform/index.ts";
import { createScheduler } from "../../src/schedule/index.ts";
import type { ServiceDoor } from "../../src/service/index.ts";
import { openEmbeddedStore, type Store, type StoreHealth } from "../../src/store/index.ts";
import type { Crew, WorkerView } from "../../src/supervisor/ports.ts";
import { jobTypeOf } from "../job-type.ts";

/** Stands in for the processes only: nothing runs here. The store, the sockets and the files are real. */
export interface FakeCrew {
  readonly workers: WorkerView[];
  readonly recycled: string[];
  readonly stopped: { readonly jobId: string; readonly graceMs: number }[];
  readonly runningLogs: Map<string, RunningLog>;
  readonly running: Map<string, number>;
  wakes: number;
  /** What is held back, by "scope name". */
  readonly trips: Map<string, TripView>;
  /** Stands in for the child process that asks a module's schema. */
  validate: Crew["validate"];
}

export interface TestHost {
  readonly url: string;
  readonly control: Control;
  readonly store: Store;
  readonly events: EventHub;
  readonly metrics: Metrics;
  readonly crew: FakeCrew;
  readonly directory: string;
  setPhase(phase: RuntimePhase): void;
  readonly broken: BrokenModule[];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Adds a job and answers its id. */
  add(body?: Record<string, unknown>): Promise<string>;
  claim(lane?: string): Promise<Lease>;
  settle(lease: Lease, next: Next, changes?: Partial<AttemptRecord>, result?: string): Promise<void>;
  close(): Promise<void>;
}

/** Stands in for the processes of services. */
const NO_SERVICES: ServiceDoor = { list: () => [], find: () => null, recycle: async () => undefined, stop: async () => undefined, start: async () => undefined };

export interface TestHostOptions {
  readonly services?: ServiceDoor;
  readonly options?: Partial<HttpServerOptions>;
  readonly waitingMax?: number;
  readonly isProduction?: boolean;
  readonly sizeGuard?: SizeGuard;
  readonly clock?: Clock;
  /** The disk is full beyond so many pages. */
  readonly pagesMax?: number;
  /** What the store says of itself, differing from the truth. */
  readonly storeHealth?: Partial<StoreHealth>;
}

export async function startTestHost(given: TestHostOptions = {}): Promise<TestHost> {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-http-"));
  const clock = given.clock ?? systemClock;
  const store = await openEmbeddedStore({
    dataDir: join(directory, "data"),
    clock,
    chance: systemChance,
    logger: silentLogger,
    ...(given.pagesMax === undefined ? {} : { pagesMax: given.pagesMax }),
  });
  const crew: FakeCrew = { workers: [], recycled: [], stopped: [], runningLogs: new Map(), running: new Map(), wakes: 0, trips: new Map(), validate: needsPath };
  const broken: BrokenModule[] = [];
  const host = { phase: "running" as RuntimePhase };
  const lanes = await openLaneBook(
    store,
    new Map([
      ["default", { concurrency: 2, memoryBytes: null }],
      ["large", { concurrency: 1, memoryBytes: null }],
    ]),
  );
  const types = new Map([jobTypeOf("echo"), jobTypeOf("strict", { validates: true }), jobTypeOf("big", { lane: "large", concurrency: 1 })].map((type) => [type.type, type]));
  const events = createEventHub({ startedAtMs: clock.nowMs(), onSubscriberError: (error) => console.error(error) });
  const inputBytesMax = given.options?.inputBytesMax ?? 1024 * 1024;
  const intake = createIntake({
    types: () => types,
    broken: () => broken,
    lanes: () => lanes.all(),
    phase: () => host.phase,
    backlog: createBacklog({ counts: () => store.counts(), clock, waitingMax: given.waitingMax ?? 1_000_000 }),
    validate: (type, input) => crew.validate(type, input),
    clock,
    chance: systemChance,
    inputBytesMax,
    sizeGuard: given.sizeGuard ?? DEFAULT_SIZE_GUARD,
    predict: () => null,
  });
  const learner = await openLearner({ clock, journal: store, onGrowth: () => undefined, onError: () => undefined });
  for (let count = 0; count < 30; count += 1) {
    const leaks = [{ kind: "process", pid: 1, command: "sleep", state: "ended" } as const];
    learner.observe({ type: "echo", workerId: "w_1", inputBytes: 100, peakBytes: 100 * 1024 ** 2, budgetBytes: null, cause: "succeeded", leaks, rest: null });
  }
  const wake = () => {
    crew.wakes += 1;
  };
  const dispatch = {
    wake,
    wakeAt: wake,
    runningInLane: (lane: string) => crew.running.get(lane) ?? 0,
    runningOfType: (type: string) => crew.running.get(type) ?? 0,
    stopAttempt(jobId: string, _: unknown, graceMs: number) {
      crew.stopped.push({ jobId, graceMs });
      return true;
    },
    profile: (jobId: string, kind: string) => Promise.resolve(crew.runningLogs.has(jobId) ? JSON.stringify({ kind }) : null),
    runningLog: (jobId: string) => crew.runningLogs.get(jobId) ?? null,
  };
  const breakers = await openBreakerBook({ store, clock, publish: events.publish });
  const validations = await watchValidations({
    store,
    clock,
    running: () => [],
    lastUpdateAtMs: () => null,
    publish: events.publish,
    onError: (error) => {
      throw error;
    },
  });
  events.subscribe(({ event }) => validations.hear(event));
  const enqueuer = createEnqueuer({ intake, queue: store, publish: events.publish, dispatch });
  // Not started: it plans, and fires nothing by itself.
  const scheduler = createScheduler({
    journal: store,
    clock,
    types: () => types,
    publish: events.publish,
    onError: (error) => console.error(error),
    enqueue: enqueuer.one,
    jobState: async (id) => (await store.job(id))?.state ?? null,
  });
  const control = createControl({
    store: given.storeHealth === undefined ? store : { ...store, health: async () => ({ ...(await store.health()), ...given.storeHealth }) },
    intake,
    enqueuer,
    lanes,
    events,
    crew: {
      workers: () => crew.workers,
      measured: () => crew.workers,
      activity: () => new Map(),
      recycle(id) {
        crew.recycled.push(id);
        return crew.workers.some((worker) => worker.id === id);
      },
    },
    catalog: { types: () => types, broken: () => broken },
    dispatch,
    memory: plentyOfMemory(),
    healer: heldBack(crew),
    chaos: createChaos({
      clock,
      chance: systemChance,
      isProduction: given.isProduction ?? false,
      onError: () => undefined,
      store,
      inject: () => false,
      publish: events.publish,
      listen: (listener) => events.subscribe(({ event }) => listener(event)),
    }),
    learner,
    schedules: scheduler,
    breakers,
    services: given.services ?? NO_SERVICES,
    validations,
    readFlight: () => Promise.resolve({ samples: [], tree: null, machineFirst: null, machineLast: null, release: null }),
    host: {
      version: "0.1.0",
      startedAtMs: clock.nowMs(),
      enforcement: { tier: "scan", memory: "polled", pids: "polled" },
      enforcementNotes: ["a test"],
      phase: () => host.phase,
      loopDelayMsMax: () => 3,
    },
    clock,
    chance: systemChance,
  });
  const metrics = createMetrics({ source: control, clock, version: "0.1.0", processMetrics: false });
  metrics.expect(types.values(), lanes.all().keys());
  events.subscribe(({ event }) => metrics.observe(event));
  const options: HttpServerOptions = { host: "127.0.0.1", port: 0, tokens: [], allowedHosts: [], inputBytesMax, version: "0.1.0", ...given.options };
  const server = createHttpServer({ control, metrics, journal: store, options, logger: silentLogger, clock, chance: systemChance });
  const url = await server.listen();

  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${url}${path}`, { headers });
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    });

  return {
    url,
    control,
    store,
    events,
    metrics,
    crew,
    directory,
    broken,
    setPhase(phase) {
      host.phase = phase;
    },
    get,
    send,
    async add(body = {}) {
      const response = await send("POST", "/api/v1/jobs", { type: "echo", ...body });
      if (!response.ok) throw new Error(`adding a job failed: ${await response.text()}`);
      return field(await response.json(), "id");
    },
    async claim(lane = "default") {
      const [lease] = await store.claim({ lane, limit: 1, perType: new Map(), nowMs: clock.nowMs(), owner: "r_test" });
      if (lease === undefined) throw new Error(`nothing to claim in ${lane}`);
      return lease;
    },
    async settle(lease, next, changes = {}, result) {
      const [outcome] = await store.settle([{ lease, next, attempt: { ...attemptOf(lease, next), ...changes }, result: result ?? null }]);
      if (outcome === "stale") throw new Error("settling failed: stale");
    },
    async close() {
      await server.close();
      await scheduler.close();
      await learner.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function heldBack({ trips }: FakeCrew): Parameters<typeof createControl>[0]["healer"] {
  const key = (scope: string, name: string) => `${scope} ${name}`;
  return {
    trips: () => [...trips.values()],
    trip: (scope, name) => trips.get(key(scope, name)) ?? null,
    ramp(scope, name, reason) {
      const before = trips.get(key(scope, name)) ?? { scope, name, full: 4, trips: 0, reason, sinceMs: 0 };
      trips.set(key(scope, name), { ...before, state: "ramping", allowed: 1, untilMs: null });
    },
  };
}

const GIBIBYTE = 1024 ** 3;

export function plentyOfMemory(): Parameters<typeof createControl>[0]["memory"] {
  return {
    limit: { bytes: 8 * GIBIBYTE, source: "machine" },
    marginBytes: GIBIBYTE,
    report: () => ({
      capacityBytes: 7 * GIBIBYTE,
      reservedBytes: GIBIBYTE / 2,
      gate: "open",
      reservations: [{ lane: "default", type: "echo", slots: 1, bytes: GIBIBYTE / 2 }],
      blocked: [{ lane: "large", type: "big", jobId: "j_1", needBytes: 7 * GIBIBYTE, sinceMs: 1_750_000_000_000, bypassed: 3 }],
      keptFor: null,
      fits: [{ lane: "default", type: "echo", needBytes: GIBIBYTE / 2, slots: 13 }],
      rule: { capacityBytes: 7 * GIBIBYTE, bypassMax: 100, bypassMs: 60_000 },
    }),
    pressure: () => ({ level: "none", reason: "" }),
    reading: () => ({ availableBytes: 6 * GIBIBYTE, stallPercent: 0.5 }),
  };
}

const needsPath: Crew["validate"] = async (_, input) => (input.includes("path") ? { ok: true } : { ok: false, errors: [{ pointer: "/path", detail: "is required" }] });

export function field(value: unknown, name: string): string {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  if (typeof found !== "string") throw new Error(`no text in ${name} of ${JSON.stringify(value)}`);
  return found;
}

export function attemptOf(lease: Lease, next: Next): AttemptRecord {
  return {
    id: lease.attemptId,
    jobId: lease.jobId,
    attempt: lease.attempt,
    type: lease.type,
    lane: lease.lane,
    workerId: "w_test",
    pid: 4711,
    startedAtMs: lease.leasedAtMs,
    endedAtMs: lease.leasedAtMs + 1500,
    verdict: {
      cause: next.kind === "complete" ? "succeeded" : "over-memory",
      summary: next.kind === "complete" ? "It returned after 1.5 s." : "Its process tree used 600 MiB of 512 MiB.",
      confidence: "certain",
      evidence: [{ fact: "memory of the tree", value: 629_145_600, source: "cgroup" }],
      hypotheses: [],
      error: null,
      stack: [],
    },
    exit: { code: null, signal: "SIGKILL" },
    usage: { wallSeconds: 1.5, cpuSeconds: 1, memoryPeakBytes: 629_145_600, pidsPeak: 12, outputBytes: 5, memoryMethod: "cgroup" },
    leaks: [{ kind: "process", pid: 4712, command: "sleep 1000", state: "ended" }],
    enforcement: { tier: "cgroup", memory: "kernel", pids: "kernel" },
    budget: DEFAULT_JOB_BUDGET,
    log: null,
    next: next.kind,
  };
}

export async function writeLog(host: TestHost, text: string): Promise<string> {
  const file = join(host.directory, "worker.log");
  await writeFile(file, text);
  return file;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly retry_after_seconds?: number;
}

export async function problemOf(response: Response): Promise<Problem> {
  const type = response.headers.get("content-type");
  if (type !== "application/problem+json") throw new Error(`not a problem but ${type}: ${await response.text()}`);
  return (await response.json()) as Problem;
}
