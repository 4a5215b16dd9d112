import { DEFINITION, type JobContext, type JobDefinition } from "../define.ts";
import type { AbortReason, AssignedWork, AttemptAssignment, BreakerNews, BreakerReply, ControlReply } from "../wire/index.ts";
import { openControlLine, type ControlLine } from "./app-control.ts";
import { lookAround, serializeResult, wordEnding, type Ending, type Unsaid } from "./attempt-end.ts";
import { openAttemptLedger } from "./attempt-ledger.ts";
import { createCheckpoints } from "./checkpoints.ts";
import { createCounts } from "./counts.ts";
import { JobAbort } from "./errors.ts";
import { parseInput } from "./input.ts";
import { createJobContext, type OpenAttempt, type Provisions } from "./job-context.ts";
import { createKeptShelf } from "./keeper.ts";
import { createLazyBreakers } from "./lazy-breakers.ts";
import { loadDefinition, loadedDefinition } from "./load.ts";
import { createPressureEar } from "./pressure.ts";
import { createRestLook } from "./rest.ts";
import { openScratch } from "./scratch.ts";
import { withServiceWords } from "./service-words.ts";
import type { Stages } from "./stages.ts";
import type { PressureLevel } from "../model/index.ts";
import type { HostLink } from "./wire-end.ts";

interface Assigned {
  readonly work: AssignedWork;
  readonly assignment: AttemptAssignment;
  readonly input: Buffer;
  readonly checkpoint: Buffer;
}

export interface AttemptRunner {
  assign(work: AssignedWork, attempts: readonly AttemptAssignment[], payload: Buffer): void;
  abort(attemptId: string, reason: AbortReason): void;
  /** Tells the host what had not started; it will not start here any more. */
  recall(): void;
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

interface Running extends OpenAttempt {
  /** Made when the job first asks for its signal, or is asked to end. */
  abort: AbortController | null;
  /** Made when the job first enters a stage. */
  entered: Promise<Stages> | null;
  /** Only services have one. */
  control: ControlLine | null;
}

/** Where a worker keeps things: the ledger gets the id of the attempt that runs, evidence that survives the supervisor. */
export interface WorkerPaths {
  readonly ledgerFile: string;
  /** For what is kept between attempts; empty: nothing is. */
  readonly keptParent: string;
}

/** Who runs for less than this is seldom asked to end: the next one begins in the same turn. */
const UNHEARD_MS_MAX = 10;

/** Runs assignments one at a time, in order. */
export function createAttemptRunner(link: HostLink, { ledgerFile, keptParent }: WorkerPaths): AttemptRunner {
  const { send } = link;
  const waiting: Assigned[] = [];
  const ledger = openAttemptLedger(ledgerFile);
  const restLook = createRestLook();
  let running: Running | null = null;
  /** Also between two attempts of a batch, and while something kept is being ended. */
  let isAtWork = false;
  let answersAwaited = 0;
  const provisions: Provisions = {
    send,
    scratch: openScratch(),
    pressure: createPressureEar(),
    counts: createCounts(send),
    kept: createKeptShelf(keptParent === "" ? undefined : keptParent, send),
    checkpoints: createCheckpoints({ send, hold: awaitAnswer }),
    breakers: createLazyBreakers({ attemptId: () => running?.assignment.attemptId ?? "", send, hold: awaitAnswer }),
  };
  const { scratch, pressure, counts, kept, checkpoints, breakers } = provisions;

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
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      last = await runOne(next, await makeRoom(next, last));
      if (waiting.length > 0 && last.message.wallMs >= UNHEARD_MS_MAX) last = await listen(last);
    }
    if (last !== null) send(last.message, last.payload);
    link.hold(true);
    isAtWork = false;
  }

  /** The host may have called back what waits, or be about to end this process, while the attempt held the loop: nothing begins before that is read. */
  async function listen(last: Unsaid): Promise<null> {
    send(last.message, last.payload);
    await link.heard();
    return null;
  }

  /** What is kept and in the way has to end first. That may take a while, so what was not said yet is said before. */
  function makeRoom({ work }: Assigned, last: Unsaid | null): Unsaid | null | Promise<null> {
    if (kept.isInTheWayOf(work.type)) void kept.giveUp(`a job of another type comes: ${work.type}`);
    const givenUp = kept.settled();
    if (givenUp === null) return last;
    if (last !== null) send(last.message, last.payload);
    return givenUp.then(() => null);
  }

  async function runOne(next: Assigned, last: Unsaid | null): Promise<Unsaid> {
    const { work, assignment } = next;
    const { attemptId } = assignment;
    const begun = last?.boundary ?? lookAround();
    const own = open(next);
    running = own;
    const definition = loadedDefinition(work.moduleUrl, work.exportName);
    const start = { attemptId, atMs: Date.now(), isLoading: definition === undefined };
    ledger.begin(attemptId, start.atMs, begun.logOffset);
    if (last === null) send({ kind: "started", ...start, logOffset: begun.logOffset });
    else send({ ...last.message, next: start }, last.payload);
    const handlesBefore = restLook.begin();
    let ending: Ending;
    try {
      ending = { outcome: "returned", result: await runBody(own, next, definition) };
    } catch (error) {
      ending = { outcome: "threw", error };
    }
    if (own.entered !== null) await endStages(own.entered);
    const rest = handlesBefore === null ? null : restLook.end(handlesBefore, scratch.bytes());
    scratch.clear();
    pressure.forget();
    running = null;
    counts.flush();
    return wordEnding(attemptId, ending, { begun, rest });
  }

  function open({ work, assignment }: Assigned): Running {
    const own: Running = {
      work,
      assignment,
      abort: null,
      entered: null,
      control: null,
      isRunning: () => running === own,
      signal() {
        own.abort ??= new AbortController();
        return own.abort.signal;
      },
      stages: () => (own.entered ??= loadStages(own)),
    };
    return own;
  }

  async function runBody(own: Running, { work, input, checkpoint }: Assigned, loaded: ReturnType<typeof loadedDefinition>): Promise<string> {
    const definition = loaded ?? (await loadDefinition(work.moduleUrl, work.exportName));
    if (loaded === undefined) send({ kind: "loaded" });
    if (definition[DEFINITION] !== "module") throw new Error("a command cannot run inside a worker");
    const parsed = await parseInput(definition.options.input, input.length === 0 ? null : JSON.parse(input.toString("utf8")));
    if (parsed.errors.length > 0) throw invalidInput(parsed.errors);
    const resumeFrom: unknown = checkpoint.length === 0 ? undefined : JSON.parse(checkpoint.toString("utf8"));
    const { service, options } = definition as JobDefinition;
    const context = createJobContext(own, { input: parsed.value, resumeFrom }, provisions);
    return serializeResult(await options.run(service === undefined ? context : asService(own, context)));
  }

  function asService(own: Running, context: JobContext<unknown>): JobContext<never> {
    own.control = openControlLine(own.assignment.attemptId, { send: whileRunning(own), hold: awaitAnswer });
    return withServiceWords(context, own.control.control, whileRunning(own));
  }

  /** What an attempt says while it runs; later words are nobody's. */
  function whileRunning(own: Running): HostLink["send"] {
    return (message, payload) => (running === own ? send(message, payload) : undefined);
  }

  /** While an attempt runs the loop may drain, but not while the host owes an answer. */
  function awaitAnswer(isAwaiting: boolean): void {
    answersAwaited += isAwaiting ? 1 : -1;
    if (answersAwaited > 0) link.hold(true);
    else if (running !== null) link.hold(false);
  }

  /** Loaded when it is first needed: most jobs have no stages. */
  async function loadStages(own: Running): Promise<Stages> {
    const { createStages } = await import("./stages.ts");
    return createStages({ attemptId: own.assignment.attemptId, signal: own.signal(), send: whileRunning(own) });
  }

  /** What a stage began must not run on into the next attempt. The supervisor ends what does not return; until then the process stays. */
  async function endStages(stages: Promise<Stages>): Promise<void> {
    awaitAnswer(true);
    await (await stages).end();
    awaitAnswer(false);
  }

  return {
    assign,
    abort(attemptId, reason) {
      if (running?.assignment.attemptId !== attemptId) return;
      running.abort ??= new AbortController();
      running.abort.abort(new JobAbort(reason));
    },
    recall() {
      send({ kind: "recalled", attemptIds: waiting.splice(0).map((one) => one.assignment.attemptId) });
    },
    checkpointed: checkpoints.answered,
    pressure(level) {
      pressure.heard(level);
      if (level !== "none") void kept.giveUp("the machine is short of memory");
    },
    giveUpKept: (reason) => void kept.giveUp(reason),
    sayCounts: () => counts.flush(),
    breakerAnswered: breakers.answered,
    controlAnswered: (reply, text) => running?.control?.answered(reply, text),
    breakerChanged: breakers.changed,
    isRunning: (attemptId) => running?.assignment.attemptId === attemptId,
    isBusy: () => running !== null,
  };
}

function invalidInput(errors: readonly { pointer: string; detail: string }[]): Error {
  const error = new Error(`the input does not match the schema: ${errors.map((one) => `${one.pointer || "/"} ${one.detail}`).join("; ")}`);
  return Object.assign(error, { name: "InvalidInput", code: "invalid_input", retryable: false });
}
