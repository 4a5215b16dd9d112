import { statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { isAbsolute, join, resolve } from "node:path";
import type { Writable } from "node:stream";
import { createLooseBreakers } from "./breaker/index.ts";
import { openSurroundings, type TierWish } from "./governor/index.ts";
import {
  CofferdamError,
  DEFAULT_JOB_BUDGET,
  DEFAULT_JOB_TYPE,
  NO_BUDGET,
  resolveBudget,
  suggestName,
  type AttemptEvidence,
  type BudgetOptions,
  type Enforcement,
  type ExitStatus,
  type JobType,
  type Leak,
  type Lease,
  type ProgressInfo,
  type Usage,
  type Verdict,
} from "./model/index.ts";
import { newId, systemChance, systemClock } from "./platform/index.ts";
import { createRecorder, type Recorder } from "./recorder/index.ts";
import { createAttemptWorker, openYard, startCommand, type AttemptEnd, type AttemptListener, type AttemptWorker, type RunningAttempt, type Yard } from "./supervisor/index.ts";
import { decideVerdict } from "./verdict/index.ts";

/** What `contain` runs: a job module, or any command. */
export interface ContainOptions {
  /** A module whose default export (or `exportName`) is a function `(job) => result` or a job definition. */
  readonly module?: string | URL;
  readonly exportName?: string;
  /** The program and its arguments; no shell is involved. */
  readonly command?: readonly string[];
  /** Input of a module; any JSON value. Default null. */
  readonly input?: unknown;
  /** Default for modules: 512 MB, 256 pids, 15 min, blocked loop 30 s, 64 MB of output. For commands: no limits. */
  readonly budget?: BudgetOptions;
  /** Default: the current directory. */
  readonly cwd?: string;
  /** Complete environment; default: the current one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends it: first asked, after `grace` ended. */
  readonly signal?: AbortSignal;
  /** How long it may take to end by itself when asked, in ms. Default 2000. */
  readonly graceMs?: number;
  readonly onProgress?: (progress: ProgressInfo) => void;
  /** Where a command's output goes; default: kept only as the last lines of evidence. */
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** For commands: "inherit" gives it our standard input; default "none". */
  readonly stdin?: "inherit" | "none";
  /** Nice value added, 0 to 19. Default 0. */
  readonly nice?: number;
  /** Strongest enforcement to use. Default "auto". */
  readonly tier?: TierWish;
}

/** How it ended. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly exit: ExitStatus | null;
  readonly usage: Usage;
  readonly leaks: readonly Leak[];
  readonly enforcement: Enforcement;
  /** What a module returned (after JSON); undefined when it did not. */
  readonly result: unknown;
  /** True when Cofferdam ended it (budget or cancel), false when it ended by itself. */
  readonly endedByUs: boolean;
  readonly evidence: AttemptEvidence;
}

const OPTION_NAMES = ["module", "exportName", "command", "input", "budget", "cwd", "env", "signal", "graceMs", "onProgress", "stdout", "stderr", "stdin", "nice", "tier"] as const;

/** See the package door, index.ts. */
export async function contain(options: ContainOptions): Promise<Outcome> {
  checkOptions(options);
  const lease = oneOffLease(options);
  const yard = await openYard({ tier: options.tier ?? "auto", nice: options.nice ?? 0 });
  const running = options.command === undefined ? startModule(yard, options, lease) : startProgram(yard, options, { command: options.command, lease });
  const detach = obeySignal(options, running);
  const end = await running.end;
  detach();
  if (end.kind === "not-started") throw new CofferdamError("broken_invariant", "the attempt was never started");
  const { evidence } = end;
  return {
    verdict: decideVerdict(evidence),
    exit: evidence.exit,
    usage: evidence.usage,
    leaks: evidence.leaks,
    enforcement: evidence.enforcement,
    result: end.result === null ? undefined : JSON.parse(end.result),
    endedByUs: evidence.intent !== null,
    evidence,
  };
}

function checkOptions(options: ContainOptions): void {
  for (const key of Object.keys(options)) {
    if (!(OPTION_NAMES as readonly string[]).includes(key))
      throw new CofferdamError("unknown_option", `${key}: contain() has no such option${suggestName(key, OPTION_NAMES)}`, { hint: `Options are: ${OPTION_NAMES.join(", ")}.` });
  }
  if ((options.module === undefined) === (options.command === undefined))
    throw new CofferdamError("invalid_option", "contain() needs either a module or a command", { hint: 'For example contain({ command: ["python3", "job.py"] }).' });
  if (options.cwd !== undefined && statSync(options.cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new CofferdamError("invalid_option", `cwd: ${options.cwd} is not a directory`, { hint: "Name an existing directory." });
  }
  if (options.command !== undefined && (options.command.length === 0 || options.command.some((word) => typeof word !== "string"))) {
    throw new CofferdamError("invalid_option", "command must be a list of texts, the program first");
  }
}

/** A module runs in a fresh worker that is used once. */
function startModule(yard: Yard, options: ContainOptions, lease: Lease): RunningAttempt {
  const budget = resolveBudget(options.budget, DEFAULT_JOB_BUDGET);
  const moduleUrl = toModuleUrl(options.module ?? "");
  const jobType: JobType = { ...oneOffType(options), kind: "module", moduleUrl, exportName: options.exportName ?? "default", budget };
  const logFile = join(yard.instance.directory, `contain-${yard.nextNumber()}.log`);
  const worker = createAttemptWorker(yard, {
    id: newId("worker", yard.clock.nowMs(), systemChance),
    budget,
    cwd: options.cwd ?? process.cwd(),
    env: options.env ?? process.env,
    logFile,
    ledgerFile: null,
    recorder: inMemory(),
    attemptsMax: 1,
    growthBytesMax: Number.MAX_SAFE_INTEGER,
    breakers: createLooseBreakers(yard.clock),
    onStart: () => undefined,
    onIdle: () => undefined,
    onGone: () => undefined,
  });
  const [running] = worker.run(jobType, [lease], listenTo(options));
  if (running === undefined) throw new CofferdamError("broken_invariant", "the worker took no attempt");
  return { ...running, end: running.end.then((end) => leaveNothing(worker, logFile, end)) };
}

/** Nothing is left behind, also in time: the outcome is given when the worker is gone. What its log said last is in the evidence. */
async function leaveNothing(worker: AttemptWorker, logFile: string, end: AttemptEnd): Promise<AttemptEnd> {
  await worker.gone;
  await rm(logFile, { force: true });
  return end;
}

function startProgram(yard: Yard, options: ContainOptions, { command, lease }: { readonly command: readonly string[]; readonly lease: Lease }): RunningAttempt {
  const budget = resolveBudget(options.budget, NO_BUDGET);
  if (budget.blockMs !== null)
    throw new CofferdamError("invalid_option", "budget.block: only Node job modules have an event loop to watch", {
      hint: "Leave budget.block out; budget.time and budget.stall end a command that hangs.",
    });
  const jobType: JobType = { ...oneOffType(options), kind: "command", moduleUrl: "", exportName: "", budget, command };
  return startCommand(yard, {
    workerId: "contain",
    jobType,
    lease,
    listener: listenTo(options),
    recorder: inMemory(),
    cwd: resolve(options.cwd ?? process.cwd()),
    env: options.env ?? process.env,
    stdin: options.stdin === "inherit" ? 0 : "ignore",
    output: { kind: "pump", stdout: options.stdout ?? null, stderr: options.stderr ?? null },
  });
}

let recorder: Recorder | null = null;

/** One for all: without a data directory there is nothing to write to. */
function inMemory(): Recorder {
  recorder ??= createRecorder({ directory: null, clock: systemClock, surroundings: openSurroundings(), release: null, onFailure: () => undefined });
  return recorder;
}

const DEFAULT_GRACE_MS = 2000;

function obeySignal(options: ContainOptions, running: RunningAttempt): () => void {
  const { signal } = options;
  if (signal === undefined) return () => undefined;
  const graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
  const stop = (): void => running.stop({ kind: "cancel", by: "caller", reason: wordReason(signal.reason), mode: "graceful", atMs: systemClock.nowMs() }, graceMs);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  return () => signal.removeEventListener("abort", stop);
}

function wordReason(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function listenTo(options: ContainOptions): AttemptListener {
  return {
    onStarted: () => undefined,
    onProgress: (_attemptId, progress) => options.onProgress?.(progress),
    onCheckpoint: () => Promise.resolve(),
    onIntent: () => Promise.resolve(),
  };
}

function oneOffType({ graceMs = DEFAULT_GRACE_MS }: ContainOptions): typeof DEFAULT_JOB_TYPE & Pick<JobType, "type"> {
  return { ...DEFAULT_JOB_TYPE, type: "contained", isolation: "process", graceMs };
}

function oneOffLease(options: ContainOptions): Lease {
  const nowMs = systemClock.nowMs();
  const jobId = newId("job", nowMs, systemChance);
  return {
    jobId,
    attemptId: newId("attempt", nowMs, systemChance),
    attempt: 1,
    token: "",
    type: "contained",
    lane: "default",
    input: wordInput(options.input ?? null),
    checkpoint: null,
    errors: 0,
    deaths: 0,
    leasedAtMs: nowMs,
    runAtMs: nowMs,
  };
}

function wordInput(input: unknown): string {
  let cause: unknown;
  try {
    const text = JSON.stringify(input) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
  }
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  throw new CofferdamError("invalid_option", `input: ${typeof input === "object" ? "this" : `a ${typeof input}`} is not a JSON value${why}`, {
    hint: "Give it plain data: null, texts, numbers, lists and objects of them.",
    cause,
  });
}

function toModuleUrl(module: string | URL): string {
  if (module instanceof URL) return module.href;
  if (module.startsWith("file:")) return module;
  return pathToFileURL(isAbsolute(module) ? module : resolve(module)).href;
}
