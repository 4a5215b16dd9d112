import { CofferdamError, FAULTS, type Fault, type JobRecord, type JobState, type RuntimeEvent } from "../model/index.ts";
import type { Chance, Clock } from "../platform/index.ts";
import type { Chaos, ChaosReport, ChaosRequest } from "./ports.ts";

export interface ChaosDeps {
  readonly clock: Clock;
  readonly chance: Chance;
  /** Whether this is a place where real work is done. */
  readonly isProduction: boolean;
  onError(error: unknown): void;
  readonly store: { job(jobId: string): Promise<JobRecord | null>; wasPruned(jobId: string): Promise<boolean> };
  /** Hits the attempt; false when it does not run in a worker of ours. */
  inject(attemptId: string, fault: Fault): boolean;
  publish(event: RuntimeEvent): void;
  /** Calls back for every event; returns how to stop that. */
  listen(listener: (event: RuntimeEvent) => void): () => void;
}

const DURATION_MS_MAX = 24 * 3_600_000;
/** A fault comes some time into the attempt, not always at its first line. */
const DELAY_MS_MAX = 300;
/** A command may not have begun when its fault comes: on a busy machine it is some way from the start of an attempt to its program. */
const RETRY_MS = 200;
const TRIES_MAX = 50;
/** Jobs that the report keeps track of. */
const JOBS_MAX = 10_000;
/** Attempts of which it is known that they were hit: those that run, and then some. */
const HITS_MAX = 1000;

export function createChaos(deps: ChaosDeps): Chaos {
  let run: Run | null = null;
  let telling: Promise<void> = Promise.resolve();

  function stop(): void {
    run?.end(deps.clock.nowMs());
  }

  function onEnd(ended: Run): void {
    telling = telling.then(() => tell(deps, ended)).catch(deps.onError);
  }

  return {
    start(request) {
      check(request, deps.isProduction);
      if (run !== null && run.endedAtMs === null) throw new CofferdamError("chaos_refused", "faults are being injected already", { hint: "cofferdam chaos --stop ends it." });
      run = beginRun(deps, request, onEnd);
    },
    stop,
    faultOf: (attemptId) => run?.hits.get(attemptId) ?? null,
    async close() {
      stop();
      await telling;
    },
    async report() {
      return run === null ? IDLE : describe(deps, run);
    },
  };
}

type Started = Extract<RuntimeEvent, { readonly kind: "attempt.started" }>;

interface Run {
  readonly request: ChaosRequest;
  readonly startedAtMs: number;
  endedAtMs: number | null;
  readonly injected: Record<Fault, number>;
  readonly jobIds: Set<string>;
  /** By attempt, the last ones. */
  readonly hits: Map<string, Fault>;
  end(atMs: number): void;
}

function noFaults(): Record<Fault, number> {
  return { kill: 0, stop: 0, fill: 0, flood: 0, block: 0 };
}

const IDLE: ChaosReport = { state: "idle", rate: 0, startedAtMs: null, endsAtMs: null, injected: noFaults(), jobs: 0, states: {}, lost: 0 };

function check({ rate, faults, durationMs, force }: ChaosRequest, isProduction: boolean): void {
  if (!(rate > 0 && rate <= 1))
    throw new CofferdamError("invalid_request", "the rate is a number above 0, at most 1", { errors: [{ pointer: "/rate", detail: `${rate} is not` }] });
  if (faults.length === 0 || !faults.every((fault) => FAULTS.includes(fault)))
    throw new CofferdamError("invalid_request", `faults are: ${FAULTS.join(", ")}`, { errors: [{ pointer: "/faults", detail: "none, or one that does not exist" }] });
  if (durationMs !== null && !(durationMs > 0 && durationMs <= DURATION_MS_MAX))
    throw new CofferdamError("invalid_request", "it lasts more than nothing and at most a day", {
      errors: [{ pointer: "/for_seconds", detail: `${durationMs / 1000} is not possible` }],
    });
  if (isProduction && !force) throw new CofferdamError("chaos_refused", "this is production: faults would hit real work", { hint: "Do it elsewhere, or force it." });
}

function beginRun(deps: ChaosDeps, request: ChaosRequest, onEnd: (run: Run) => void): Run {
  const { clock, chance } = deps;
  /** Faults to come, by attempt: how to take them back. */
  const waiting = new Map<string, () => void>();
  const run: Run = { request, startedAtMs: clock.nowMs(), endedAtMs: null, injected: noFaults(), jobIds: new Set(), hits: new Map(), end };
  const unlisten = deps.listen((event) => {
    if (event.kind === "attempt.ended") forget(event.attemptId);
    if (event.kind !== "attempt.started" || (request.type !== null && event.type !== request.type) || chance.fraction() >= request.rate) return;
    const fault = request.faults[Math.floor(chance.fraction() * request.faults.length)] ?? "kill";
    hitAfter(chance.fraction() * DELAY_MS_MAX, event, fault, TRIES_MAX);
  });

  function hitAfter(delayMs: number, started: Started, fault: Fault, tries: number): void {
    const cancel = clock.after(delayMs, () => {
      waiting.delete(started.attemptId);
      // What is too short to be hit is not counted.
      if (deps.inject(started.attemptId, fault)) note(started, fault);
      else if (tries > 1) hitAfter(RETRY_MS, started, fault, tries - 1);
    });
    waiting.set(started.attemptId, cancel);
  }

  function note({ jobId, attemptId, type, lane }: Started, fault: Fault): void {
    run.injected[fault] += 1;
    if (run.jobIds.size < JOBS_MAX) run.jobIds.add(jobId);
    const [oldest] = run.hits.keys();
    if (run.hits.size >= HITS_MAX && oldest !== undefined) run.hits.delete(oldest);
    run.hits.set(attemptId, fault);
    deps.publish({ kind: "chaos.injected", atMs: clock.nowMs(), jobId, attemptId, type, lane, fault });
  }

  function forget(attemptId: string): void {
    waiting.get(attemptId)?.();
    waiting.delete(attemptId);
  }

  const cancelEnd = request.durationMs === null ? () => undefined : clock.after(request.durationMs, () => end(clock.nowMs()), { keepAlive: false });

  function end(atMs: number): void {
    if (run.endedAtMs !== null) return;
    run.endedAtMs = atMs;
    cancelEnd();
    unlisten();
    for (const cancel of waiting.values()) cancel();
    onEnd(run);
  }
  return run;
}

/** What became of the jobs that were hit, for those who listen. */
async function tell(deps: ChaosDeps, run: Run): Promise<void> {
  const { injected, jobs, states, lost } = await describe(deps, run);
  const words = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  deps.publish({
    kind: "chaos.ended",
    atMs: deps.clock.nowMs(),
    injected: Object.values(injected).reduce((sum, count) => sum + count, 0),
    jobs,
    lost,
    detail: words.length === 0 ? "no job was hit" : `of the jobs that were hit are now: ${words.join(", ")}`,
  });
}

async function describe({ store }: ChaosDeps, run: Run): Promise<ChaosReport> {
  const states: Partial<Record<JobState, number>> = {};
  let lost = 0;
  for (const jobId of run.jobIds) {
    const job = await store.job(jobId);
    if (job !== null) states[job.state] = (states[job.state] ?? 0) + 1;
    else if (!(await store.wasPruned(jobId))) lost += 1;
  }
  return {
    state: run.endedAtMs === null ? "running" : "stopped",
    rate: run.request.rate,
    startedAtMs: run.startedAtMs,
    endsAtMs: run.endedAtMs ?? (run.request.durationMs === null ? null : run.startedAtMs + run.request.durationMs),
    injected: { ...run.injected },
    jobs: run.jobIds.size,
    states,
    lost,
  };
}
