import { fstatSync, openSync, writeSync } from "node:fs";
import { DEFINITION, type AppControl, type Breaker, type BreakerOptions, type JobContext, type JobDefinition } from "../define.ts";
import {
  EMPTY_LEDGER_LINE,
  ledgerLine,
  type AbortReason,
  type AssignedWork,
  type AttemptAssignment,
  type AttemptEnded,
  type BreakerNews,
  type BreakerReply,
  type ControlReply,
} from "../wire/index.ts";
import { elapsedMs } from "./elapsed.ts";
import { describeError, JobAbort } from "./errors.ts";
import { parseInput } from "./input.ts";
import { loadDefinition, loadedDefinition } from "./load.ts";
import { withServiceWords } from "./service-words.ts";
import type { PressureLevel, Rest } from "../model/index.ts";
import { openScratch } from "./scratch.ts";
import { openControlLine, type ControlLine } from "./app-control.ts";
import type { Breakers } from "./breakers.ts";
import { createCounts } from "./counts.ts";
import { createKeptShelf } from "./keeper.ts";
import { createPressureEar } from "./pressure.ts";
import { createRestLook } from "./rest.ts";
import type { Stages } from "./stages.ts";
import type { HostLink } from "./wire-end.ts";

const CHECKPOINT_BYTES_MAX = 1024 * 1024;
const RESULT_BYTES_MAX = 16 * 1024 * 1024;

interface Assigned {
  readonly work: AssignedWork;
  readonly assignment: AttemptAssignment;
  readonly input: Buffer;
  readonly checkpoint: Buffer;
}

export interface AttemptRunner {
  assign(work: AssignedWork, attempts: readonly AttemptAssignment[], payload: Buffer): void;
  abort(attemptId: string, reason: AbortReason): void;
  /** Ids of what had not started; they will not start here any more. */
  recall(): readonly string[];
  checkpointed(sequence: number, ok: boolean): void;
  pressure(level: PressureLevel): void;
  breakerAnswered(reply: BreakerReply): void;
  controlAnswered(reply: ControlReply, text: string): void;
  breakerChanged(news: BreakerNews): void;
  giveUpKept(reason: string): void;
  /** Tells the host what was counted since the last time. */
  sayCounts(): void;
  isRunning(attemptId: string): boolean;
  isBusy(): boolean;
}

/** Where one attempt ends and the next begins. */
interface Boundary {
  readonly elapsedMs: number;
  readonly cpuMicros: number;
  readonly logOffset: number;
}

/** An attempt's end that the host does not know of yet. */
interface Unsaid {
  readonly message: AttemptEnded;
  readonly payload: string;
  readonly boundary: Boundary;
}

interface Running {
  readonly work: AssignedWork;
  readonly assignment: AttemptAssignment;
  /** Made when the job first asks for its signal, or is asked to end. */
  abort: AbortController | null;
  /** Made when the job first enters a stage. */
  stages: Promise<Stages> | null;
  /** Only services have one. */
  control: ControlLine | null;
}

/** Where a worker keeps things: the ledger gets the id of the attempt that runs, evidence that survives the supervisor. */
export interface WorkerPaths {
  readonly ledgerFile: string;
  /** For what is kept between attempts; empty: nothing is. */
  readonly keptParent: string;
}

/** Runs assignments one at a time, in order. */
export function createAttemptRunner(link: HostLink, { ledgerFile, keptParent }: WorkerPaths): AttemptRunner {
  const waiting: Assigned[] = [];
  const ledger = ledgerFile === "" ? null : openLedger(ledgerFile);
  const scratch = openScratch();
  const pressure = createPressureEar();
  const restLook = createRestLook();
  const counts = createCounts((message) => link.send(message));
  const keptShelf = createKeptShelf(keptParent === "" ? undefined : keptParent, (message) => link.send(message));
  const checkpoints = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let checkpointSequence = 0;
  let running: Running | null = null;
  /** Also between two attempts of a batch, and while something kept is being ended. */
  let isAtWork = false;
  let answersAwaited = 0;
  /** Loaded when a job first asks: most know no breaker. */
  let loadingBreakers: Promise<Breakers> | null = null;
  let breakers: Breakers | null = null;

  function assign(work: AssignedWork, attempts: readonly AttemptAssignment[], payload: Buffer): void {
    let offset = 0;
    for (const assignment of attempts) {
      const input = payload.subarray(offset, offset + assignment.inputBytes);
      offset += assignment.inputBytes;
      const checkpoint = payload.subarray(offset, offset + assignment.checkpointBytes);
      offset += assignment.checkpointBytes;
      waiting.push({ work, assignment, input, checkpoint });
    }
    if (!isAtWork) void runAll();
  }

  /** One attempt's end and the next one's beginning are said in one message, before any line of the next one's code runs. */
  async function runAll(): Promise<void> {
    isAtWork = true;
    link.hold(answersAwaited > 0);
    let last: Unsaid | null = null;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) last = await runOne(next, await makeRoom(next, last));
    if (last !== null) link.send(last.message, last.payload);
    noteInLedger(EMPTY_LEDGER_LINE);
    link.hold(true);
    isAtWork = false;
  }

  /** What is kept and in the way has to end first. That may take a while, so what was not said yet is said before. */
  function makeRoom({ work }: Assigned, last: Unsaid | null): Unsaid | null | Promise<null> {
    if (keptShelf.isInTheWayOf(work.type)) void keptShelf.giveUp(`a job of another type comes: ${work.type}`);
    const givenUp = keptShelf.settled();
    if (givenUp === null) return last;
    if (last !== null) link.send(last.message, last.payload);
    return givenUp.then(() => null);
  }

  async function runOne(next: Assigned, last: Unsaid | null): Promise<Unsaid> {
    const { work, assignment } = next;
    const { attemptId } = assignment;
    const begun = last?.boundary ?? lookAround();
    const own: Running = { work, assignment, abort: null, stages: null, control: null };
    running = own;
    const definition = loadedDefinition(work.moduleUrl, work.exportName);
    const start = { attemptId, atMs: Date.now(), isLoading: definition === undefined };
    noteInLedger(ledgerLine(attemptId, start.atMs, begun.logOffset));
    if (last === null) link.send({ kind: "started", ...start, logOffset: begun.logOffset });
    else link.send({ ...last.message, next: start }, last.payload);
    const handlesBefore = restLook.begin();
    let ending: Ending;
    try {
      ending = { outcome: "returned", result: await runBody(own, next, definition) };
    } catch (error) {
      ending = { outcome: "threw", error };
    }
    if (own.stages !== null) await endStages(own.stages);
    const rest = handlesBefore === null ? null : restLook.end(handlesBefore, scratch.bytes());
    scratch.clear();
    pressure.forget();
    running = null;
    counts.flush();
    return wordEnding(attemptId, ending, { begun, rest });
  }

  async function runBody(own: Running, { work, input, checkpoint }: Assigned, loaded: ReturnType<typeof loadedDefinition>): Promise<string> {
    const definition = loaded ?? (await loadDefinition(work.moduleUrl, work.exportName));
    // Loading may have taken long; the clock of the block budget begins anew with the job's own code.
    if (loaded === undefined) link.send({ kind: "beat" });
    if (definition[DEFINITION] !== "module") throw new Error("a command cannot run inside a worker");
    const parsed = await parseInput(definition.options.input, input.length === 0 ? null : JSON.parse(input.toString("utf8")));
    if (parsed.errors.length > 0) throw invalidInput(parsed.errors);
    const { service } = definition as JobDefinition;
    const context = createContext(own, parsed.value, checkpoint.length === 0 ? undefined : JSON.parse(checkpoint.toString("utf8")));
    const result = await (definition as JobDefinition).options.run(service === undefined ? context : withServiceWords(context, openControl(own), say(own)));
    return serializeResult(result);
  }

  function createContext(own: Running, input: unknown, resumeFrom: unknown): JobContext<unknown> {
    const { assignment } = own;
    return {
      id: assignment.jobId,
      attemptId: assignment.attemptId,
      attempt: assignment.attempt,
      type: own.work.type,
      input,
      get signal() {
        own.abort ??= new AbortController();
        return own.abort.signal;
      },
      resumeFrom,
      scratch: scratch.path,
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
      get pressure() {
        return pressure.level();
      },
      onPressure: (listener) => pressure.listen(listener),
      checkpoint: (value) => saveCheckpoint(own, value),
      stage: async (name, budget, work) => {
        if (running !== own) throw new Error("stage() was called after the attempt had ended");
        return (await openStages(own)).run(name, budget, work);
      },
      breaker: (key, breakerOptions = {}) => breakerOf(key, breakerOptions),
      count: (name, by = 1) => count(own, name, by),
      keeper: keptShelf.doorFor(own.work.type, () => running === own && pressure.level() === "none"),
    };
  }

  /** Also what ends long after its attempt is counted, such as a kept browser: nobody beats for it then. */
  function count(own: Running, name: string, by: number): void {
    counts.add(own.work.type, name, by);
    if (running === null) counts.flush();
  }

  function openControl(own: Running): AppControl {
    own.control = openControlLine(own.assignment.attemptId, { send: say(own), hold: awaitAnswer });
    return own.control.control;
  }

  /** What an attempt says while it runs; later words are nobody's. */
  function say(own: Running): HostLink["send"] {
    return (message, payload) => (running === own ? link.send(message, payload) : undefined);
  }

  function openBreakers(): Promise<Breakers> {
    loadingBreakers ??= import("./breakers.ts").then(({ createBreakers }) => {
      breakers = createBreakers({ attemptId: () => running?.assignment.attemptId ?? "", send: (question) => link.send(question), hold: awaitAnswer });
      return breakers;
    });
    return loadingBreakers;
  }

  function breakerOf(key: string, options: BreakerOptions): Breaker {
    const opened = async (): Promise<Breaker> => (await openBreakers()).of(key, options);
    return {
      state: async () => (await opened()).state(),
      trip: async (how) => (await opened()).trip(how),
      success: async () => (await opened()).success(),
      failure: async (evidence) => (await opened()).failure(evidence),
    };
  }

  /** While an attempt runs the loop may drain, but not while the host owes an answer. */
  function awaitAnswer(isAwaiting: boolean): void {
    answersAwaited += isAwaiting ? 1 : -1;
    if (answersAwaited > 0) link.hold(true);
    else if (running !== null) link.hold(false);
  }

  /** Loaded when it is first needed: most jobs have no stages. */
  function openStages(own: Running): Promise<Stages> {
    own.abort ??= new AbortController();
    const { signal } = own.abort;
    own.stages ??= import("./stages.ts").then(({ createStages }) =>
      createStages({ attemptId: own.assignment.attemptId, signal, send: (message) => (running === own ? link.send(message) : undefined) }),
    );
    return own.stages;
  }

  /** What a stage began must not run on into the next attempt. The supervisor ends what does not return; until then the process stays. */
  async function endStages(stages: Promise<Stages>): Promise<void> {
    awaitAnswer(true);
    await (await stages).end();
    awaitAnswer(false);
  }

  function saveCheckpoint(own: Running, value: unknown): Promise<void> {
    if (running !== own) return Promise.reject(new Error("checkpoint() was called after the attempt had ended"));
    const text = JSON.stringify(value);
    if (text === undefined) return Promise.reject(new TypeError("a checkpoint must be a JSON value"));
    if (Buffer.byteLength(text) > CHECKPOINT_BYTES_MAX) return Promise.reject(new RangeError(`a checkpoint may have at most ${CHECKPOINT_BYTES_MAX} bytes of JSON`));
    checkpointSequence += 1;
    const sequence = checkpointSequence;
    awaitAnswer(true);
    return new Promise<void>((resolve, reject) => {
      checkpoints.set(sequence, { resolve, reject });
      link.send({ kind: "checkpoint", attemptId: own.assignment.attemptId, sequence }, text);
    });
  }

  function noteInLedger(line: string): void {
    if (ledger === null) return;
    try {
      writeSync(ledger, line, 0, "latin1");
    } catch {
      // a full disk must not end the attempt; see openLedger
    }
  }

  return {
    assign,
    abort(attemptId, reason) {
      if (running?.assignment.attemptId !== attemptId) return;
      running.abort ??= new AbortController();
      running.abort.abort(new JobAbort(reason));
    },
    recall() {
      return waiting.splice(0).map((one) => one.assignment.attemptId);
    },
    checkpointed(sequence, ok) {
      const pending = checkpoints.get(sequence);
      if (checkpoints.delete(sequence)) awaitAnswer(false);
      if (ok) pending?.resolve();
      else pending?.reject(new JobAbort({ kind: "cancel", text: "this attempt no longer owns the job: the checkpoint was not stored" }));
    },
    pressure(level) {
      pressure.heard(level);
      if (level !== "none") void keptShelf.giveUp("the machine is short of memory");
    },
    giveUpKept: (reason) => void keptShelf.giveUp(reason),
    sayCounts: () => counts.flush(),
    breakerAnswered: (reply) => breakers?.answered(reply),
    controlAnswered: (reply, text) => running?.control?.answered(reply, text),
    breakerChanged: (news) => breakers?.changed(news),
    isRunning: (attemptId) => running?.assignment.attemptId === attemptId,
    isBusy: () => running !== null,
  };
}

/** Without a ledger (a full disk) a killed runtime's next start takes what ran here for something that had not begun: it runs again, and costs nothing. */
function openLedger(file: string): number | null {
  try {
    return openSync(file, "w", 0o600);
  } catch {
    return null;
  }
}

function wordEnding(attemptId: string, ending: Ending, { begun, rest }: { readonly begun: Boundary; readonly rest: Rest | null }): Unsaid {
  const boundary = lookAround();
  const shared = {
    kind: "ended" as const,
    attemptId,
    logOffset: boundary.logOffset,
    wallMs: Math.round((boundary.elapsedMs - begun.elapsedMs) * 1000) / 1000,
    cpuMicros: boundary.cpuMicros - begun.cpuMicros,
    ...(rest === null ? {} : { rest }),
  };
  if (ending.outcome === "returned") return { message: { ...shared, outcome: "returned" }, payload: ending.result, boundary };
  return { message: { ...shared, outcome: "threw", error: describeError(ending.error) }, payload: "", boundary };
}

function lookAround(): Boundary {
  const { user, system } = process.cpuUsage();
  return { elapsedMs: elapsedMs(), cpuMicros: user + system, logOffset: logOffset() };
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

function finiteOrNull(value: number | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
