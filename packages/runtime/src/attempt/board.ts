import { CofferdamError, type Intent, type JobType, type LaneRecord, type Lease, type Neighbour, type Next, type RuntimeEvent, type Settlement } from "../model/index.ts";
import type { Chance, Clock, Logger } from "../platform/index.ts";
import type { Dispatcher } from "../dispatch/index.ts";
import type { Learner } from "../learning/index.ts";
import type { Store } from "../store/ports.ts";
import { decideNext, type PolicyQuestion } from "../policy/index.ts";
import type { AttemptListener, AttemptStart, Crew, RunningAttempt, ServiceReport } from "../supervisor/ports.ts";
import { runAttempt, type AttemptDeps } from "./run-attempt.ts";
import { settleUntilStored } from "./settle.ts";
import { rememberSizes, witnessEnd, type WitnessDeps } from "./witness.ts";

export interface BoardDeps {
  readonly crew: Pick<Crew, "run">;
  readonly store: Store;
  readonly dispatcher: Pick<Dispatcher, "attemptEnded" | "giveBack" | "wakeAt">;
  readonly clock: Clock;
  readonly chance: Chance;
  highMemoryLane(): LaneRecord | null;
  readonly learner: Pick<Learner, "observe">;
  readonly logger: Logger;
  readonly release: string | null;
  readLogTail: WitnessDeps["readLogTail"];
  faultOf: WitnessDeps["faultOf"];
  publish(event: RuntimeEvent): void;
}

/** The attempts that are on their way in this process. */
export interface AttemptBoard {
  /** A `guest` runs it apart from dispatch: no slot is taken or freed. */
  start(jobType: JobType, leases: readonly Lease[], guest?: AttemptGuest): readonly RunningAttempt[];
  /** Asks the running attempt of this job to end; false when none runs here. */
  stop(jobId: string, intent: Extract<Intent, { kind: "cancel" }>, graceMs: number): boolean;
  /** A profile of the running attempt; null when none runs here that can be asked. */
  profile(jobId: string, kind: "cpu" | "heap", durationMs: number): Promise<string | null>;
  runningLog(jobId: string): RunningLog | null;
  count(): number;
  /** Whose files hold what has not been stored yet. */
  workerIds(): readonly string[];
  /** These jobs were cancelled before an attempt of them began. */
  tellCancelled(leases: readonly Lease[]): void;
  /**
   * Asks every attempt to end; resolves when all have been settled or handed back to dispatch. A second call is faster.
   * What the store has not taken when the grace is over stays open: the next start finds it.
   */
  drain(reason: string, graceMs: number): Promise<void>;
}

export interface RunningLog {
  readonly attempt: number;
  /** Null until the program has been started; `to` is null while it writes. */
  readonly log: { readonly file: string; readonly from: number; readonly to: number | null } | null;
}

/** Neighbours that are kept with the evidence. */
const NEIGHBOURS_MAX = 20;

/** Somebody who runs attempts that no dispatcher chose. */
export interface AttemptGuest {
  /** What becomes of the job; asked once, before the end is written. */
  choose(question: PolicyQuestion): Next;
  onStarted(start: AttemptStart): void;
  onReport(report: ServiceReport): void;
  /** JSON text of the arguments, to JSON text of the answer. */
  onControl(method: string, args: string): Promise<string>;
  /** The end has been written, or could not be, or there was nothing to write. */
  onDone(): void;
}

interface Entry {
  readonly guest: AttemptGuest | null;
  readonly running: RunningAttempt;
  readonly jobType: JobType;
  started: AttemptStart | null;
  cancelRequested: boolean;
}

export function createAttemptBoard(deps: BoardDeps): AttemptBoard {
  const { clock, store } = deps;
  const entries = new Map<string, Entry>();
  const byAttempt = new Map<string, Entry>();
  /** Workers that ran what could not be stored: their files are all that the next start has. */
  const unwritten = new Set<string>();
  let isDraining = false;
  const closing = new AbortController();
  let whenEmpty: PromiseWithResolvers<void> | null = null;
  const sizes = rememberSizes(store, clock);
  const line: AttemptDeps = {
    clock,
    chance: deps.chance,
    highMemoryLane: () => deps.highMemoryLane(),
    release: deps.release,
    choose: decideNext,
    witness: ({ lease }, end) =>
      witnessEnd(lease, end, { sizes, release: deps.release, neighboursOf, readLogTail: deps.readLogTail, faultOf: (attemptId) => deps.faultOf(attemptId) }),
    settle: (settlement) => settleUntilStored(store, settlement, { clock, logger: deps.logger, closing: closing.signal, onUnwritten }),
    freeSlot(lease, end) {
      const isClean = end.kind === "ended" && end.evidence.exit === null && end.evidence.intent === null && end.evidence.leaks.length === 0;
      deps.dispatcher.attemptEnded(lease, end.kind === "not-started" ? end : isClean ? { kind: "clean", wallMs: end.evidence.usage.wallSeconds * 1000 } : { kind: "abnormal" });
    },
    learn({ id, type, workerId, verdict, usage, budget, leaks }, input, rest) {
      // What was done to it on purpose tells nothing of its type.
      if (deps.faultOf(id) !== null) return;
      const { memoryPeakBytes: peakBytes } = usage;
      deps.learner.observe({ type, workerId, inputBytes: Buffer.byteLength(input), peakBytes, budgetBytes: budget.memoryBytes, cause: verdict.cause, leaks, rest });
    },
    publish: deps.publish,
  };

  const listener: AttemptListener = {
    onStarted(attemptId, start) {
      const entry = byAttempt.get(attemptId);
      if (entry === undefined) return;
      entry.started = start;
      entry.guest?.onStarted(start);
      const { lease } = entry.running;
      const { jobId, attempt, type, lane } = lease;
      deps.publish({
        kind: "attempt.started",
        atMs: start.atMs,
        jobId,
        attemptId,
        attempt,
        type,
        lane,
        workerId: start.workerId,
        pid: start.pid,
        waitMs: Math.max(0, start.atMs - lease.runAtMs),
      });
    },
    onProgress(attemptId, progress) {
      const entry = byAttempt.get(attemptId);
      if (entry === undefined) return;
      const { lease } = entry.running;
      store.progress(lease, progress);
      deps.publish({ kind: "attempt.progress", jobId: lease.jobId, attemptId, type: lease.type, lane: lease.lane, ...progress });
    },
    async onControl(attemptId, method, args) {
      const guest = byAttempt.get(attemptId)?.guest;
      if (guest === undefined || guest === null) throw new CofferdamError("forbidden", "only services may ask the runtime for something");
      return guest.onControl(method, args);
    },
    onReport: (attemptId, report) => byAttempt.get(attemptId)?.guest?.onReport(report),
    async onCheckpoint(attemptId, checkpoint) {
      const entry = byAttempt.get(attemptId);
      if (entry === undefined || (await store.checkpoint(entry.running.lease, checkpoint)) === "stale") throw new Error("the lease is no longer held");
    },
    async onIntent(attemptId, intent) {
      const entry = byAttempt.get(attemptId);
      if (entry !== undefined) await store.recordIntent(entry.running.lease, intent);
    },
  };

  /** The end waits in memory, with its incident: whoever relies on incidents has to know. */
  function onUnwritten({ occurrence, lease }: Settlement, error: unknown): void {
    if (occurrence == null) return;
    const detail = error instanceof Error ? error.message : String(error);
    deps.publish({ kind: "incident.unwritten", atMs: clock.nowMs(), incidentId: occurrence.incidentId, jobId: lease.jobId, detail });
  }

  function neighboursOf(lease: Lease, workerId: string): readonly Neighbour[] {
    const running = [...entries.values()].filter((entry) => entry.started !== null && entry.running.lease.attemptId !== lease.attemptId);
    return running.slice(0, NEIGHBOURS_MAX).map(({ running: { lease: other }, started }) => ({
      jobId: other.jobId,
      attemptId: other.attemptId,
      type: other.type,
      lane: other.lane,
      startedAtMs: started?.atMs ?? null,
      sameWorker: started?.workerId === workerId,
    }));
  }

  function start(jobType: JobType, leases: readonly Lease[], guest: AttemptGuest | null = null): readonly RunningAttempt[] {
    const started = deps.crew.run(jobType, leases, listener);
    for (const running of started) {
      const { jobId, attemptId } = running.lease;
      const entry: Entry = { guest, running, jobType, started: null, cancelRequested: false };
      entries.set(jobId, entry);
      byAttempt.set(attemptId, entry);
      void follow(entry);
      if (isDraining) stopEntry(entry, "the runtime is shutting down", 0);
    }
    return started;
  }

  async function follow(entry: Entry): Promise<void> {
    const { running, jobType } = entry;
    const { lease } = running;
    try {
      const outcome = await runAttempt(running, jobType, () => ({ cancelRequested: entry.cancelRequested, draining: isDraining }), lineOf(entry.guest));
      if (outcome.kind === "not-started") deps.dispatcher.giveBack(lease);
      else if (outcome.next.kind === "retry" && entry.guest === null) deps.dispatcher.wakeAt(outcome.next.runAtMs);
    } catch (error) {
      // The lease stays open; the next start finds it and says what is known.
      if (entry.started !== null) unwritten.add(entry.started.workerId);
      deps.logger.error({ err: error, job: lease.jobId, attempt: lease.attemptId }, "the end of an attempt could not be recorded");
    }
    if (entries.get(lease.jobId) === entry) entries.delete(lease.jobId);
    byAttempt.delete(lease.attemptId);
    entry.guest?.onDone();
    if (entries.size > 0) return;
    whenEmpty?.resolve();
    whenEmpty = null;
  }

  function lineOf(guest: AttemptGuest | null): AttemptDeps {
    if (guest === null) return line;
    // A service has no input and lives for long: its peaks tell nothing of a job.
    return { ...line, freeSlot: () => undefined, choose: guest.choose, learn: () => undefined };
  }

  function tellCancelled(leases: readonly Lease[]): void {
    for (const { jobId, type, lane } of leases) deps.publish({ kind: "job.settled", atMs: clock.nowMs(), jobId, type, lane, state: "cancelled", cause: "cancelled" });
  }

  function stopEntry(entry: Entry, reason: string, graceMs: number): void {
    entry.running.stop({ kind: "drain", reason, atMs: clock.nowMs() }, graceMs);
  }

  return {
    start,
    tellCancelled,
    stop(jobId, intent, graceMs) {
      const entry = entries.get(jobId);
      if (entry === undefined) return false;
      entry.cancelRequested = true;
      entry.running.stop(intent, graceMs);
      return true;
    },
    profile: async (jobId, kind, durationMs) => (await entries.get(jobId)?.running.profile?.(kind, durationMs)) ?? null,
    runningLog(jobId) {
      const entry = entries.get(jobId);
      if (entry === undefined) return null;
      const log = entry.started?.log ?? null;
      return { attempt: entry.running.lease.attempt, log: log === null ? null : { ...log, to: entry.running.logEnd?.() ?? null } };
    },
    count: () => entries.size,
    workerIds: () => [...unwritten, ...[...entries.values()].flatMap(({ started }) => started?.workerId ?? [])],
    async drain(reason, graceMs) {
      isDraining = true;
      // A guest is never done: waiting for its end is waiting for nothing.
      for (const entry of entries.values()) stopEntry(entry, reason, entry.guest === null ? graceMs : Math.min(graceMs, entry.jobType.graceMs));
      const cancel = clock.after(graceMs, () => closing.abort());
      while (entries.size > 0) await (whenEmpty ??= Promise.withResolvers<void>()).promise;
      cancel();
    },
  };
}
