import { fstatSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DEFINITION, type JobContext, type JobDefinition } from "../define.ts";
import { EMPTY_LEDGER_LINE, ledgerLine, type AbortReason, type AttemptAssignment } from "../wire/index.ts";
import { describeError, JobAbort } from "./errors.ts";
import { parseInput } from "./input.ts";
import { loadDefinition, loadedDefinition } from "./load.ts";
import type { HostLink } from "./wire-end.ts";

const CHECKPOINT_BYTES_MAX = 1024 * 1024;
const RESULT_BYTES_MAX = 16 * 1024 * 1024;

interface Assigned {
  readonly assignment: AttemptAssignment;
  readonly input: Buffer;
  readonly checkpoint: Buffer;
}

export interface AttemptRunner {
  assign(attempts: readonly AttemptAssignment[], payload: Buffer): void;
  abort(attemptId: string, reason: AbortReason): void;
  /** Ids of what had not started; they will not start here any more. */
  recall(): readonly string[];
  checkpointed(sequence: number, ok: boolean): void;
  isBusy(): boolean;
}

interface Running {
  readonly assignment: AttemptAssignment;
  readonly abort: AbortController;
  readonly startedAtMs: number;
  readonly cpuBefore: NodeJS.CpuUsage;
}

/** Runs assignments one at a time, in order. `ledgerFile` gets the id of the attempt that runs: evidence that survives the supervisor. */
export function createAttemptRunner(link: HostLink, ledgerFile: string | null): AttemptRunner {
  const waiting: Assigned[] = [];
  const ledger = ledgerFile === null || ledgerFile === "" ? null : openSync(ledgerFile, "w", 0o600);
  const checkpoints = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let checkpointSequence = 0;
  let running: Running | null = null;

  function assign(attempts: readonly AttemptAssignment[], payload: Buffer): void {
    let offset = 0;
    for (const assignment of attempts) {
      const input = payload.subarray(offset, offset + assignment.inputBytes);
      offset += assignment.inputBytes;
      const checkpoint = payload.subarray(offset, offset + assignment.checkpointBytes);
      offset += assignment.checkpointBytes;
      waiting.push({ assignment, input, checkpoint });
    }
    if (running === null) void runAll();
  }

  async function runAll(): Promise<void> {
    link.hold(false);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runOne(next);
    link.hold(true);
  }

  async function runOne(next: Assigned): Promise<void> {
    const { assignment } = next;
    const own: Running = { assignment, abort: new AbortController(), startedAtMs: performance.now(), cpuBefore: process.cpuUsage() };
    running = own;
    const startedAtMs = Date.now();
    const offset = logOffset();
    noteInLedger(ledgerLine(assignment.attemptId, startedAtMs, offset));
    link.send({ kind: "started", attemptId: assignment.attemptId, atMs: startedAtMs, logOffset: offset });
    let ending: Ending;
    try {
      ending = { outcome: "returned", result: await runBody(own, next) };
    } catch (error) {
      ending = { outcome: "threw", error };
    }
    clearScratch();
    sayEnded(own, ending);
    noteInLedger(EMPTY_LEDGER_LINE);
    running = null;
  }

  async function runBody(own: Running, { assignment, input, checkpoint }: Assigned): Promise<string> {
    const isLoaded = loadedDefinition(assignment.moduleUrl, assignment.exportName) !== undefined;
    const definition = await loadDefinition(assignment.moduleUrl, assignment.exportName);
    // Loading may have taken long; the clock of the block budget begins anew with the job's own code.
    if (!isLoaded) link.send({ kind: "beat" });
    if (definition[DEFINITION] !== "module") throw new Error("a command cannot run inside a worker");
    const parsed = await parseInput(definition.options.input, input.length === 0 ? null : JSON.parse(input.toString("utf8")));
    if (parsed.errors.length > 0) throw invalidInput(parsed.errors);
    const context = createContext(own, parsed.value, checkpoint.length === 0 ? undefined : JSON.parse(checkpoint.toString("utf8")));
    const result = await (definition as JobDefinition).options.run(context);
    return serializeResult(result);
  }

  function createContext(own: Running, input: unknown, resumeFrom: unknown): JobContext<unknown> {
    const { assignment } = own;
    return {
      id: assignment.jobId,
      attemptId: assignment.attemptId,
      attempt: assignment.attempt,
      type: assignment.type,
      input,
      signal: own.abort.signal,
      resumeFrom,
      scratch: process.env["TMPDIR"] ?? "/tmp",
      progress(progress) {
        if (running !== own) return;
        link.send({
          kind: "progress",
          attemptId: assignment.attemptId,
          done: finiteOrNull(progress.done),
          total: finiteOrNull(progress.total),
          note: progress.note === undefined ? null : String(progress.note).slice(0, 500),
        });
      },
      checkpoint: (value) => saveCheckpoint(own, value),
    };
  }

  function saveCheckpoint(own: Running, value: unknown): Promise<void> {
    if (running !== own) return Promise.reject(new Error("checkpoint() was called after the attempt had ended"));
    const text = JSON.stringify(value);
    if (text === undefined) return Promise.reject(new TypeError("a checkpoint must be a JSON value"));
    if (Buffer.byteLength(text) > CHECKPOINT_BYTES_MAX) return Promise.reject(new RangeError(`a checkpoint may have at most ${CHECKPOINT_BYTES_MAX} bytes of JSON`));
    checkpointSequence += 1;
    const sequence = checkpointSequence;
    link.hold(true);
    return new Promise<void>((resolve, reject) => {
      checkpoints.set(sequence, { resolve, reject });
      link.send({ kind: "checkpoint", attemptId: own.assignment.attemptId, sequence }, text);
    });
  }

  function sayEnded(own: Running, ending: Ending): void {
    const cpu = process.cpuUsage(own.cpuBefore);
    const shared = {
      kind: "ended" as const,
      attemptId: own.assignment.attemptId,
      logOffset: logOffset(),
      wallMs: performance.now() - own.startedAtMs,
      cpuMicros: cpu.user + cpu.system,
      heapBytes: 0,
    };
    if (ending.outcome === "returned") link.send({ ...shared, outcome: "returned" }, ending.result);
    else link.send({ ...shared, outcome: "threw", error: describeError(ending.error) });
  }

  function noteInLedger(line: string): void {
    if (ledger !== null) writeSync(ledger, line, 0, "latin1");
  }

  return {
    assign,
    abort(attemptId, reason) {
      if (running?.assignment.attemptId === attemptId) running.abort.abort(new JobAbort(reason));
    },
    recall() {
      return waiting.splice(0).map((one) => one.assignment.attemptId);
    },
    checkpointed(sequence, ok) {
      const pending = checkpoints.get(sequence);
      checkpoints.delete(sequence);
      if (checkpoints.size === 0 && running !== null) link.hold(false);
      if (ok) pending?.resolve();
      else pending?.reject(new JobAbort({ kind: "cancel", text: "this attempt no longer owns the job: the checkpoint was not stored" }));
    },
    isBusy: () => running !== null,
  };
}

type Ending = { readonly outcome: "returned"; readonly result: string } | { readonly outcome: "threw"; readonly error: unknown };

/** Size of the log so far: standard output is a file that the supervisor gave us. */
function logOffset(): number {
  try {
    return fstatSync(1).size;
  } catch {
    return 0;
  }
}

function serializeResult(result: unknown): string {
  if (result === undefined) return "";
  const text = JSON.stringify(result);
  if (text === undefined) throw new TypeError("the job returned something that is not a JSON value");
  if (Buffer.byteLength(text) > RESULT_BYTES_MAX) throw new RangeError(`the job returned ${Buffer.byteLength(text)} bytes of JSON; at most ${RESULT_BYTES_MAX} are kept`);
  return text;
}

function invalidInput(errors: readonly { pointer: string; detail: string }[]): Error {
  const error = new Error(`the input does not match the schema: ${errors.map((one) => `${one.pointer || "/"} ${one.detail}`).join("; ")}`);
  return Object.assign(error, { name: "InvalidInput", code: "invalid_input", retryable: false });
}

/** One TMPDIR per attempt: what this one left is removed before the next one starts. */
function clearScratch(): void {
  const scratch = process.env["COFFERDAM_SCRATCH_DIR"];
  if (scratch === undefined) return;
  try {
    for (const name of readdirSync(scratch)) rmSync(join(scratch, name), { recursive: true, force: true });
  } catch {
    // the directory itself is gone: the job removed it
  }
}

function finiteOrNull(value: number | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
