import { join } from "node:path";
import type { Budget, HeapSnapshot, JobType, Lease, PressureLevel } from "../model/index.ts";
import type { BreakerDoor } from "../breaker/index.ts";
import { newId, type Chance } from "../platform/index.ts";
import type { Recorder } from "../recorder/index.ts";
import { createAttemptWorker } from "./attempt-worker.ts";
import type { Activity, AttemptListener, Crew, RunningAttempt, WorkerView } from "./ports.ts";
import { runQueuedCommand, type QueuedCommand } from "./queued-command.ts";
import { createRegistrar } from "./registrar.ts";
import { openSnapshotShelf } from "./snapshot-shelf.ts";
import type { AttemptWorker } from "./worker-contract.ts";
import { withMeasured } from "./worker-view.ts";
import type { Yard } from "./yard.ts";

export interface CrewOptions {
  /** Folder of the workers' logs. */
  readonly logDirectory: string;
  /** Folder in which each worker notes the attempt that it runs. */
  readonly ledgerDirectory: string;
  /** Folder of what attempts leave for whoever looks into their end. */
  readonly artifactDirectory: string;
  readonly recorder: Recorder;
  readonly cwd: string;
  /** Asked whenever something is started. */
  env(): Readonly<Record<string, string | undefined>>;
  readonly chance: Chance;
  /** Attempts a warm worker runs before it is replaced; 75 to 125 % of it, by chance, so that not all are replaced at once. */
  readonly recycleAfter: number;
  readonly recycleGrowthBytes: number;
  /** Where jobs ask for breakers. */
  readonly breakers: BreakerDoor;
  /** Warm workers kept for each kind of worker, at most: never more than its job types can use at once. */
  readonly warmWorkers: number;
  /** A worker could not be started ahead of need. */
  onError(error: unknown): void;
  /** Whether a worker came up, or ended before it was ready. */
  onStart(outcome: "ready" | "failed", reason: string): void;
  /** false: no worker is started ahead of need for now. */
  mayStartAhead(): boolean;
  /** Jobs of a type have counted something since the last time. */
  onCounted(type: string, counts: readonly (readonly [name: string, by: number])[]): void;
  onWorker(change: "started" | "ended", view: WorkerView, reason: string): void;
}

/** Workers with the same heap limit and isolation can take each other's work. */
interface Kind {
  readonly key: string;
  readonly budget: Budget;
  readonly isOnceOnly: boolean;
  readonly heapSnapshot: HeapSnapshot;
}

interface WarmKind {
  readonly kind: Kind;
  /** How many its job types can use at once; infinite when one of them names no limit. */
  readonly usable: number;
}

/** An idle worker beyond the warm ones is ended after this time. */
const IDLE_MS_MAX = 30_000;
const IDLE_CHECK_MS = 10_000;
/** How often workers are looked at: what a job left running in one is watched by nobody else. */
const LOOK_MS = 2000;

export function createCrew(yard: Yard, options: CrewOptions): Crew {
  const { clock } = yard;
  const registrar = createRegistrar(yard, { cwd: options.cwd, env: options.env, directory: options.logDirectory });
  const workers = new Map<string, { readonly worker: AttemptWorker; readonly kind: Kind; idleSinceMs: number }>();
  /** Idle workers by kind, the last used first: it has the modules loaded. */
  const idle = new Map<string, AttemptWorker[]>();
  const commands = new Map<string, { readonly view: WorkerView; readonly running: QueuedCommand }>();
  /** Also of those whose files are still being made. */
  const commandIds = new Set<string>();
  const warmKinds = new Map<string, WarmKind>();
  let isClosing = false;
  let pressure: PressureLevel = "none";
  const cancelIdleCheck = clock.every(IDLE_CHECK_MS, retireIdle, { keepAlive: false });
  const cancelLook = clock.every(LOOK_MS, look, { keepAlive: false });

  function hire(kind: Kind): AttemptWorker {
    const id = newId("worker", clock.nowMs(), options.chance);
    const spread = 0.75 + options.chance.fraction() / 2;
    const worker = createAttemptWorker(yard, {
      id,
      budget: kind.budget,
      cwd: options.cwd,
      env: options.env(),
      logFile: join(options.logDirectory, `${id}.log`),
      ledgerFile: join(options.ledgerDirectory, id),
      recorder: options.recorder,
      attemptsMax: kind.isOnceOnly ? 1 : Math.max(1, Math.round(options.recycleAfter * spread)),
      growthBytesMax: options.recycleGrowthBytes,
      breakers: options.breakers,
      snapshots: kind.heapSnapshot === "never" ? null : openSnapshotShelf(options.artifactDirectory, id),
      onStart: (outcome, reason) => options.onStart(outcome, reason),
      onCounted: ({ type, counts }) => options.onCounted(type, counts),
      onIdle: (own) => {
        rest(own, kind);
      },
      onGone: (own, reason) => {
        workers.delete(own.id);
        removeFrom(idle.get(kind.key), own);
        options.onWorker("ended", own.view(), reason);
        keepWarm(kind);
      },
    });
    workers.set(id, { worker, kind, idleSinceMs: clock.monotonicMs() });
    if (pressure !== "none") worker.tellPressure(pressure);
    options.onWorker("started", worker.view(), "needed");
    return worker;
  }

  function rest(worker: AttemptWorker, kind: Kind): void {
    const entry = workers.get(worker.id);
    if (entry === undefined || isClosing) return;
    entry.idleSinceMs = clock.monotonicMs();
    const list = idle.get(kind.key) ?? [];
    if (!list.includes(worker)) list.push(worker);
    idle.set(kind.key, list);
  }

  /** One that keeps something for this type before one that keeps nothing, before one that has to end what it keeps for another type. */
  function take(kind: Kind, type: string): AttemptWorker {
    const list = (idle.get(kind.key) ?? []).filter((worker) => worker.isIdle());
    const chosen = list.findLast((worker) => worker.keepsFor() === type) ?? list.findLast((worker) => worker.keepsFor() === null) ?? list.at(-1);
    idle.set(
      kind.key,
      list.filter((worker) => worker !== chosen),
    );
    if (chosen !== undefined) return chosen;
    // A worker that still starts can be given work already: it reads it when it is up.
    for (const entry of workers.values()) if (entry.kind.key === kind.key && entry.worker.view().state === "starting" && !reserved.has(entry.worker)) return entry.worker;
    return hire(kind);
  }

  /** Starting workers that have been given work. */
  const reserved = new WeakSet<AttemptWorker>();

  /** Replaces what was used up, ahead of need. */
  function keepWarm(kind: Kind): void {
    if (isClosing || !options.mayStartAhead()) return;
    let living = 0;
    for (const entry of workers.values()) if (entry.kind.key === kind.key && (!kind.isOnceOnly || entry.worker.isIdle() || isFresh(entry.worker))) living += 1;
    try {
      for (; living < sparesOf(kind); living += 1) hire(kind);
    } catch (error) {
      // A full disk, no more processes: the next attempt that needs one says so with its own evidence.
      options.onError(error);
    }
  }

  /** None that could not be busy together with the others. Where every attempt uses one up, the next two start while it runs. */
  function sparesOf({ key, isOnceOnly }: Kind): number {
    const warm = warmKinds.get(key);
    if (warm === undefined) return 0;
    return isOnceOnly ? Math.max(2, options.warmWorkers) : Math.min(options.warmWorkers, warm.usable);
  }

  function isFresh(worker: AttemptWorker): boolean {
    return worker.view().state === "starting" && !reserved.has(worker);
  }

  function look(): void {
    for (const { worker } of workers.values()) worker.look();
  }

  function retireIdle(): void {
    const nowMs = clock.monotonicMs();
    for (const [key, list] of idle) {
      const warm = warmKinds.get(key);
      const spare = list.length - (warm === undefined ? 0 : sparesOf(warm.kind));
      const old = list.filter((worker) => nowMs - (workers.get(worker.id)?.idleSinceMs ?? nowMs) > IDLE_MS_MAX).slice(0, Math.max(0, spare));
      for (const worker of old) {
        removeFrom(list, worker);
        worker.retire("it was idle");
      }
    }
  }

  function runCommand(jobType: JobType, lease: Lease, listener: AttemptListener): RunningAttempt {
    const id = newId("worker", clock.nowMs(), options.chance);
    const running: QueuedCommand = runQueuedCommand(yard, {
      workerId: id,
      jobType,
      lease,
      listener: {
        ...listener,
        onStarted(attemptId, started) {
          commands.set(id, { view: commandView(id, jobType, lease, started.pid), running });
          listener.onStarted(attemptId, started);
        },
      },
      recorder: options.recorder,
      logFile: join(options.logDirectory, `${id}.log`),
      ledgerFile: join(options.ledgerDirectory, id),
      cwd: options.cwd,
      env: options.env(),
    });
    commandIds.add(id);
    void running.end.then(() => {
      commands.delete(id);
      commandIds.delete(id);
    });
    return running;
  }

  function commandView(id: string, jobType: JobType, lease: Lease, pid: number): WorkerView {
    const nowMs = clock.nowMs();
    return {
      id,
      pid,
      state: "busy",
      startedAtMs: nowMs,
      attemptsDone: 0,
      attempt: { attemptId: lease.attemptId, jobId: lease.jobId, type: lease.type, lane: lease.lane, sinceMs: nowMs, stage: null },
      handedAhead: 0,
      memoryBytes: 0,
      memoryLimitBytes: jobType.budget.memoryBytes,
      kept: [],
      tasks: 0,
      tier: yard.capabilities.enforcement.tier,
    };
  }

  return {
    run(jobType, leases, listener) {
      if (jobType.kind === "command") return leases.map((lease) => runCommand(jobType, lease, listener));
      const kind = kindOf(jobType);
      const worker = take(kind, jobType.type);
      reserved.add(worker);
      const running = worker.run(jobType, leases, listener);
      if (kind.isOnceOnly) keepWarm(kind);
      return running;
    },
    describe: (moduleUrls) => registrar.describe(moduleUrls),
    validate: (jobType, input) => registrar.validate(jobType, input),
    warm(jobTypes) {
      for (const jobType of jobTypes) {
        if (jobType.kind !== "module") continue;
        const kind = kindOf(jobType);
        warmKinds.set(kind.key, { kind, usable: (warmKinds.get(kind.key)?.usable ?? 0) + (jobType.concurrency ?? Number.POSITIVE_INFINITY) });
      }
      for (const { kind } of warmKinds.values()) keepWarm(kind);
    },
    tellPressure(level) {
      pressure = level;
      for (const { worker } of workers.values()) worker.tellPressure(level);
    },
    inject(attemptId, fault) {
      const command = [...commands.values()].find(({ view }) => view.attempt?.attemptId === attemptId);
      return command?.running.command()?.inject(fault) ?? [...workers.values()].some(({ worker }) => worker.inject(attemptId, fault));
    },
    refill() {
      for (const { kind } of warmKinds.values()) keepWarm(kind);
    },
    workerIds: () => [...workers.keys(), ...commandIds],
    workers: () => [...[...workers.values()].map(({ worker }) => worker.view()), ...[...commands.values()].map(viewCommand)],
    measured: () => [
      ...[...workers.values()].map(({ worker }) => withMeasured(worker.view(), worker.measure())),
      ...[...commands.values()].map((command) => withMeasured(viewCommand(command), command.running.command()?.measure() ?? null)),
    ],
    activity() {
      const all = new Map<string, Activity>([...workers.values()].map(({ worker }) => [worker.id, worker.activity()]));
      for (const [id, { running }] of commands) {
        const command = running.command();
        if (command !== null) all.set(id, command.activity());
      }
      return all;
    },
    recycle(workerId, reason) {
      const entry = workers.get(workerId);
      entry?.worker.retire(reason);
      return entry !== undefined;
    },
    async close() {
      isClosing = true;
      cancelIdleCheck();
      cancelLook();
      const leaving = [...workers.values()].map(({ worker }) => {
        worker.retire("the runtime is stopping");
        return worker.gone;
      });
      await Promise.all([...leaving, registrar.close()]);
    },
  };
}

/** With what its tree uses now. */
function viewCommand({ view, running }: { readonly view: WorkerView; readonly running: QueuedCommand }): WorkerView {
  return { ...view, ...running.command()?.seen() };
}

function kindOf(jobType: JobType): Kind {
  const isOnceOnly = jobType.isolation === "process";
  const { heapSnapshot = "never" } = jobType;
  return { key: `${jobType.budget.memoryBytes ?? "unlimited"} ${isOnceOnly ? "once" : "warm"} ${heapSnapshot}`, budget: jobType.budget, isOnceOnly, heapSnapshot };
}

function removeFrom(list: AttemptWorker[] | undefined, worker: AttemptWorker): void {
  const at = list?.indexOf(worker) ?? -1;
  if (at >= 0) list?.splice(at, 1);
}
