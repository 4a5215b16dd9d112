import { open, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { createLooseBreakers } from "./breaker/index.ts";
import { openSurroundings, type TierWish } from "./governor/index.ts";
import { CofferdamError, suggestName, type AttemptEvidence, type Budget, type JobType, type Lease, type Verdict } from "./model/index.ts";
import { newId, systemChance, type Clock } from "./platform/index.ts";
import { createRecorder } from "./recorder/index.ts";
import {
  createAttemptWorker,
  createRegistrar,
  openYard,
  runQueuedCommand,
  type AttemptEnd,
  type AttemptListener,
  type AttemptWorkerOptions,
  type RunningAttempt,
  type Yard,
} from "./supervisor/index.ts";
import { decideVerdict } from "./verdict/index.ts";

/** What is run again: everything that the attempt was given. */
export interface ReplayRequest {
  /** Where the job type is looked for. */
  readonly moduleUrls: readonly string[];
  readonly type: string;
  readonly jobId: string;
  readonly attempt: number;
  /** JSON text, digit by digit as it was stored. */
  readonly input: string;
  /** JSON text that becomes `job.resumeFrom`; null: from the beginning. */
  readonly checkpoint: string | null;
  /** Replaces parts of the type's budget. */
  readonly budget: Partial<Budget>;
  readonly debug: ReplayDebug;
  readonly tier: TierWish;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it writes, as it comes. */
  onLog(bytes: Uint8Array): void;
  readonly signal?: AbortSignal;
}

export interface ReplayDebug {
  /** Port on which its process waits for a debugger before it begins, 0 picks one; null: none. Limits of time are lifted. */
  readonly inspectPort: number | null;
  /** Where a sampling heap profile is written when its process ends by itself; null: none. */
  readonly heapProfileDirectory: string | null;
  /** A line in the log for each collection. */
  readonly gcTrace: "none" | "each-collection";
}

export interface ReplayOutcome {
  readonly verdict: Verdict;
  readonly evidence: AttemptEvidence;
  readonly budget: Budget;
  /** JSON text of what it returned; null when it did not. */
  readonly result: string | null;
}

const LOG_LOOK_MS = 200;
/** With a debugger a person is waited for. */
const PATIENCE_MS = 24 * 3_600_000;
/** A profile is written when the process ends. */
const PROFILE_MS = 30_000;

/** Runs an attempt again in one worker of this process, apart from every queue: nothing is leased, settled or counted. */
export async function replay(request: ReplayRequest): Promise<ReplayOutcome> {
  const yard = await openYard({ tier: request.tier, nice: 0 });
  const jobType = await findType(yard, request);
  const budget = budgetOf(jobType, request);
  const logFile = join(yard.instance.directory, `replay-${yard.nextNumber()}.log`);
  const stopFollowing = await followLog(logFile, request.onLog, yard.clock);
  try {
    const running = start(yard, { ...jobType, budget, isolation: "process" }, request, logFile);
    const stop = (): void => running.stop({ kind: "cancel", by: "cli", reason: "interrupted", mode: "graceful", atMs: yard.clock.nowMs() }, jobType.graceMs);
    // Also when it came while the module was being read.
    if (request.signal?.aborted === true) stop();
    request.signal?.addEventListener("abort", stop, { once: true });
    const end = await running.end;
    request.signal?.removeEventListener("abort", stop);
    if (end.kind === "not-started") throw new CofferdamError("broken_invariant", "the attempt was never started");
    return { verdict: decideVerdict(end.evidence), evidence: end.evidence, budget, result: end.result };
  } finally {
    await stopFollowing();
    await rm(logFile, { force: true });
  }
}

async function findType(yard: Yard, { moduleUrls, type, cwd, env }: ReplayRequest): Promise<JobType> {
  const registrar = createRegistrar(yard, { cwd, env: () => env, directory: yard.instance.directory });
  try {
    const { types, broken } = await registrar.describe(moduleUrls);
    const found = types.find((jobType) => jobType.type === type);
    if (found !== undefined) return found;
    const known = types.map((jobType) => jobType.type);
    const why = broken.map(({ at, moduleUrl, message }) => `; ${at ?? moduleUrl} cannot be used: ${message}`).join("");
    throw new CofferdamError("unknown_job_type", `no module here defines ${type}${suggestName(type, known)}${why}`, {
      hint: "Run it where the runtime runs, or name the module with --jobs.",
    });
  } finally {
    await registrar.close();
  }
}

function budgetOf(jobType: JobType, { budget, debug }: ReplayRequest): Budget {
  const wanted = { ...jobType.budget, ...budget };
  return debug.inspectPort === null ? wanted : { ...wanted, timeMs: null, stallMs: null, blockMs: null };
}

function start(yard: Yard, jobType: JobType, request: ReplayRequest, logFile: string): RunningAttempt {
  const id = newId("worker", yard.clock.nowMs(), systemChance);
  const { cwd, env } = request;
  const recorder = createRecorder({ directory: null, clock: yard.clock, surroundings: openSurroundings(), release: null, onFailure: () => undefined });
  const lease = leaseOf(jobType, request, yard.clock);
  if (jobType.kind === "command") return runQueuedCommand(yard, { workerId: id, jobType, lease, listener: NOBODY, recorder, logFile, ledgerFile: null, cwd, env });
  const worker = createAttemptWorker(yard, {
    id,
    budget: jobType.budget,
    cwd,
    env,
    logFile,
    ledgerFile: null,
    recorder,
    attemptsMax: 1,
    growthBytesMax: Number.MAX_SAFE_INTEGER,
    breakers: createLooseBreakers(yard.clock),
    debug: debugOf(request.debug),
    onStart: () => undefined,
    onIdle: () => undefined,
    onGone: () => undefined,
  });
  const [running] = worker.run(jobType, [lease], NOBODY);
  if (running === undefined) throw new CofferdamError("broken_invariant", "the worker took no attempt");
  return { ...running, end: running.end.then((end) => whenGone(worker.gone, end)) };
}

/** Profiles are written, and nothing is left, when the worker is gone. */
async function whenGone(gone: Promise<void>, end: AttemptEnd): Promise<AttemptEnd> {
  await gone;
  return end;
}

function debugOf({ inspectPort, heapProfileDirectory, gcTrace }: ReplayDebug): NonNullable<AttemptWorkerOptions["debug"]> {
  const nodeFlags = [
    ...(inspectPort === null ? [] : [`--inspect-wait=127.0.0.1:${inspectPort}`]),
    ...(heapProfileDirectory === null ? [] : ["--heap-prof", `--heap-prof-dir=${heapProfileDirectory}`]),
    ...(gcTrace === "none" ? [] : ["--trace-gc"]),
  ];
  return { nodeFlags, startTimeoutMs: inspectPort === null ? null : PATIENCE_MS, retireTimeoutMs: heapProfileDirectory === null ? null : PROFILE_MS };
}

/** Nobody keeps what it says: no checkpoint is stored, no progress noted. */
const NOBODY: AttemptListener = { onStarted: () => undefined, onProgress: () => undefined, onCheckpoint: () => Promise.resolve(), onIntent: () => Promise.resolve() };

function leaseOf(jobType: JobType, { jobId, attempt, input, checkpoint }: ReplayRequest, clock: Clock): Lease {
  const nowMs = clock.nowMs();
  return {
    jobId,
    attemptId: newId("attempt", nowMs, systemChance),
    attempt,
    token: "",
    type: jobType.type,
    lane: jobType.lane,
    input,
    checkpoint,
    errors: 0,
    deaths: 0,
    leasedAtMs: nowMs,
    runAtMs: nowMs,
  };
}

/** Hands on what is appended to a file. Returns how to stop; what is there then is handed on first. */
async function followLog(file: string, onLog: (bytes: Uint8Array) => void, clock: Clock): Promise<() => Promise<void>> {
  const handle: FileHandle = await open(file, "a+", 0o600);
  const buffer = Buffer.alloc(64 * 1024);
  let position = 0;
  let line: Promise<void> = Promise.resolve();
  async function read(): Promise<void> {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      onLog(Buffer.from(buffer.subarray(0, bytesRead)));
    }
  }
  const cancel = clock.every(LOG_LOOK_MS, () => {
    line = line.then(read);
  });
  return async () => {
    cancel();
    await line.then(read);
    await handle.close();
  };
}
