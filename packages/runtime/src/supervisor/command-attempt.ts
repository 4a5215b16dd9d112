import { statSync } from "node:fs";
import type { Duplex, Readable, Writable } from "node:stream";
import type { ExitStatus, Fault, Intent, JobType, LaunchFailure, Leak, Lease } from "../model/index.ts";
import { isClean, performAutopsy, recordBreach, recordLook } from "./autopsy.ts";
import { buildEvidence, createItem, type AttemptItem } from "./attempt-item.ts";
import type { Recorder } from "../recorder/index.ts";
import { injectIntoCommand } from "./command-fault.ts";
import { fillArguments } from "./command-line.ts";
import { openCompartment, type Compartment } from "./compartment.ts";
import { climbDown } from "./ladder.ts";
import { resolveProgram, STDERR_DESCRIPTOR, type ChildStream } from "./launch.ts";
import { fileSink, pumpSink, type OutputSink } from "./output.ts";
import type { Activity, AttemptListener, RunningAttempt } from "./ports.ts";
import { watchAttempt } from "./watch.ts";
import { measureTree, type Measured } from "./worker-view.ts";
import type { Yard } from "./yard.ts";

export interface CommandRequest {
  readonly workerId: string;
  readonly jobType: JobType;
  readonly lease: Lease;
  readonly listener: AttemptListener;
  readonly recorder: Recorder;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Descriptor for standard input. */
  readonly stdin: ChildStream;
  readonly output:
    | { readonly kind: "file"; readonly file: string; readonly descriptor: number }
    | { readonly kind: "pump"; readonly stdout: Writable | null; readonly stderr: Writable | null };
}

export interface RunningCommand extends RunningAttempt {
  readonly compartment: Compartment;
  /** Fault injection; false when it does not run or cannot be hit like this. */
  inject(fault: Fault): boolean;
  /** What its tree uses, as the last look saw it. */
  seen(): CommandSeen;
  /** Read now; dearer than what was seen. */
  activity(): Activity;
  measure(): Measured;
  /** Passes a signal on to the program's tree. */
  forward(signal: "SIGHUP" | "SIGTERM" | "SIGINT"): void;
}

export interface CommandSeen {
  readonly memoryBytes: number;
  readonly tasks: number;
}

const PROGRESS_DESCRIPTOR = 3;
const PROGRESS_LINE_MAX = 65_536;

/** Runs any program as one attempt: its own compartment, budgets, verdict evidence, nothing left behind. */
export function startCommand(yard: Yard, request: CommandRequest): RunningCommand {
  const { clock } = yard;
  const { jobType, lease, listener } = request;
  const { item, end } = createItem(lease, jobType, listener);
  const resolved = resolveCommandLine(jobType, lease, request);
  // Before the program starts: on a busy machine it has written its first lines when we come to look.
  const startBytes = request.output.kind === "file" ? fileSink(request.output.file).bytes() : 0;
  const logStream: ChildStream = request.output.kind === "file" ? request.output.descriptor : "pipe";
  const compartment = openCompartment(yard, {
    program: "path" in resolved ? resolved.path : "/nonexistent",
    args: () => ("path" in resolved ? resolved.args : []),
    cwd: request.cwd,
    env: () => ({ ...request.env, ...jobType.env, COFFERDAM_PROGRESS_FD: String(PROGRESS_DESCRIPTOR), COFFERDAM_JOB_ID: lease.jobId, COFFERDAM_ATTEMPT: String(lease.attempt) }),
    streams: [request.stdin, logStream, logStream, "pipe"],
    budget: jobType.budget,
    refused: "path" in resolved ? null : resolved,
  });
  const sink: OutputSink =
    request.output.kind === "file"
      ? fileSink(request.output.file)
      : pumpSink(
          pumpPairs(compartment, request.output),
          (bytes) => {
            if (jobType.budget.outputBytes !== null && bytes > jobType.budget.outputBytes) item.watch?.lookNow();
          },
          clock,
        );
  const flight = request.recorder.open(request.workerId);
  let lastSeen: CommandSeen = { memoryBytes: 0, tasks: 0 };
  /** Set as soon as we end the tree ourselves. */
  let ending: Promise<readonly Leak[]> | null = null;

  item.startedAtMs = clock.nowMs();
  item.watch = watchAttempt(clock, clock.monotonicMs(), {
    budget: jobType.budget,
    loop: "none",
    enforcement: compartment.enforcement,
    outputIsProgress: true,
    sample(wish) {
      const sample = compartment.sample(wish);
      if (sample.trustworthy) lastSeen = { memoryBytes: sample.memoryBytes, tasks: sample.tasks };
      return sample;
    },
    kernelRises: () => compartment.ownRises(),
    outputBytes: () => sink.bytes() - startBytes,
    onSeen: (seen) => recordLook(item, seen, flight, compartment.listing),
    onBreach: (intent) => endAttempt(intent, jobType.graceMs),
  });
  readProgress(compartment.stream(PROGRESS_DESCRIPTOR), (progress) => {
    item.watch?.progressed();
    item.progress = { ...progress, atMs: clock.nowMs() };
    listener.onProgress(lease.attemptId, item.progress);
  });
  const logStart = request.output.kind === "file" ? { file: request.output.file, from: startBytes } : null;
  listener.onStarted(lease.attemptId, { workerId: request.workerId, pid: compartment.pid, atMs: item.startedAtMs, log: logStart });
  void compartment.ended.then(onProgramEnd);

  function endAttempt(intent: Intent, graceMs: number): void {
    if (ending !== null) {
      item.hurry.ring();
      return;
    }
    item.intent = intent;
    recordBreach(item, intent, flight, compartment.listing);
    item.loop = { ...item.loop, state: compartment.program()?.state ?? null };
    ending = climbDown(
      {
        recordIntent: (recorded) => listener.onIntent(lease.attemptId, recorded),
        ask: () => compartment.signalAll("SIGTERM"),
        ended: Promise.race([compartment.ended, item.hurry.heard()]),
        canHear: () => compartment.program()?.state !== "T",
        captureStack: null,
        endTree: () => compartment.end(),
      },
      intent,
      graceMs,
      clock,
    );
  }

  async function onProgramEnd(exit: ExitStatus): Promise<void> {
    const endedAtMs = clock.nowMs();
    item.wallMs = clock.monotonicMs() - (item.watch?.startedAtMs ?? 0);
    const kernel = compartment.kernelRises();
    takeLastSample(item);
    item.watch?.stop();
    // It ended by itself: what is left is a leak. Otherwise the ladder proves the tree empty.
    ending ??= compartment.endLeftovers();
    const leaks = await ending;
    // Whoever wanted its end does not wait for the reader of its output.
    await sink.drained(item.intent === null ? item.hurry.heard() : Promise.resolve());
    item.endedAtMs = endedAtMs;
    item.cpuSeconds = item.watch?.peaks().cpuSeconds ?? 0;
    item.leaks = leaks;
    item.logFrom = startBytes;
    item.logTo = sink.bytes();
    const logTail = await sink.tail();
    await compartment.close();
    const autopsy = isClean(item, exit) ? null : await performAutopsy(item, { exit, logTail }, request.recorder);
    const evidence = buildEvidence(item, { enforcement: compartment.enforcement, launchFailure: compartment.launchFailure, exit, fatalReport: null, kernel, logTail, autopsy });
    const log = request.output.kind === "file" ? { file: request.output.file, from: item.logFrom, to: item.logTo } : null;
    item.resolve({ kind: "ended", evidence, result: null, workerId: request.workerId, pid: compartment.pid, startedAtMs: item.startedAtMs, endedAtMs, log });
  }

  return {
    lease,
    end,
    compartment,
    stop(intent, graceMs) {
      if (item.intent === null) endAttempt(intent, graceMs);
      else item.hurry.ring();
    },
    inject: (fault) => ending === null && injectIntoCommand(compartment, fault, jobType.budget, request.output.kind === "file" ? request.output.file : null),
    seen: () => lastSeen,
    measure: () => measureTree(compartment),
    activity: () => ({ ...measureTree(compartment, "with-cpu"), progress: item.progress }),
    forward: (signal) => compartment.signalAll(signal),
  };
}

/** Short programs end between two looks: the cgroup still knows what they used. */
function takeLastSample(item: AttemptItem): void {
  item.watch?.sampleNow();
}

function resolveCommandLine(jobType: JobType, lease: Lease, request: CommandRequest): { readonly path: string; readonly args: readonly string[] } | LaunchFailure {
  if (!isDirectory(request.cwd)) return { code: "OTHER", message: `the working directory ${request.cwd} does not exist` };
  try {
    const [program = "", ...args] = fillArguments(jobType.command ?? [], lease.input);
    const found = resolveProgram(program, request.cwd, request.env["PATH"]);
    return "path" in found ? { path: found.path, args } : found;
  } catch (error) {
    return { code: "OTHER", message: error instanceof Error ? error.message : String(error) };
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function pumpPairs(compartment: Compartment, output: { readonly stdout: Writable | null; readonly stderr: Writable | null }): { from: Readable; to: Writable | null }[] {
  const pairs: { from: Readable; to: Writable | null }[] = [];
  const stdout = compartment.child?.stdout ?? null;
  const stderr = compartment.stream(STDERR_DESCRIPTOR);
  if (stdout !== null) pairs.push({ from: stdout, to: output.stdout });
  if (stderr !== null) pairs.push({ from: stderr, to: output.stderr });
  return pairs;
}

/** Progress comes as JSON lines; a line that is not one is ignored. */
function readProgress(stream: Duplex | null, onProgress: (progress: { done: number | null; total: number | null; note: string | null }) => void): void {
  if (stream === null) return;
  let rest = "";
  stream.on("error", () => undefined);
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = (lines.pop() ?? "").slice(0, PROGRESS_LINE_MAX);
    for (const line of lines) {
      const progress = parseProgress(line);
      if (progress !== null) onProgress(progress);
    }
  });
}

function parseProgress(line: string): { done: number | null; total: number | null; note: string | null } | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return null;
    const { done, total, note } = value as Record<string, unknown>;
    return { done: typeof done === "number" ? done : null, total: typeof total === "number" ? total : null, note: typeof note === "string" ? note.slice(0, 500) : null };
  } catch {
    return null;
  }
}
