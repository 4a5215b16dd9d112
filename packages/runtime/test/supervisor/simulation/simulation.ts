// A worker of attempts, both its ends, in a world of its own: a wire in memory and a clock that goes when it is told to, instead of a process.
import assert from "node:assert/strict";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { JobContext } from "cofferdam";
import { createLooseBreakers } from "../../../src/breaker/index.ts";
import type { Cause, Intent, JobType } from "../../../src/model/index.ts";
import type { Clock } from "../../../src/platform/index.ts";
import { createRecorder } from "../../../src/recorder/index.ts";
import { createAttemptWorker, type AttemptEnd, type AttemptListener, type AttemptWorker, type RunningAttempt, type Yard } from "../../../src/supervisor/index.ts";
import { decideVerdict } from "../../../src/verdict/index.ts";
import { createFakeClock, type FakeClock } from "../../dispatch/fake-clock.ts";
import { jobTypeOf } from "../../job-type.ts";
import { leaseOf } from "../start-worker.ts";
import { setStage } from "./plays-script.ts";
import { createSimulatedProcess, type SimulatedProcess } from "./process.ts";
import type { Action, Script, Step, StopKind, Wish, World } from "./worlds.ts";

/** One lease, and what is known of it on both sides. */
interface Known {
  readonly id: string;
  readonly script: Script;
  readonly type: Wish;
  running: RunningAttempt | null;
  /** In the worker. */
  hasBegun: boolean;
  /** At the host: who listens was told. */
  isStarted: boolean;
  hasIntent: boolean;
  /** Why it is to end, as it was first said. */
  why: Intent["kind"] | null;
  /** It waits, and would hear that it is to end. */
  listens: boolean;
  /** It was stopped by the sequence. */
  isAsked: boolean;
  /** What the host heard of its end while it had no intent. */
  heard: "returned" | "threw" | null;
  /** When it was heard, or its end was asked for, whichever came first: from then on it may not take long. */
  dueFromMs: number | null;
  end: AttemptEnd | null;
}

const scripted = pathToFileURL(join(import.meta.dirname, "plays-script.ts")).href;
let modules = 0;

function jobTypeFor({ name, loadMs, timeMs, stallMs, blockMs, graceMs }: Wish): JobType {
  const base = jobTypeOf(name);
  modules += 1;
  const source = `import play, { load } from ${JSON.stringify(scripted)}; await load(${loadMs}); export default play; // ${modules}`;
  return {
    ...base,
    graceMs,
    budget: { ...base.budget, timeMs, stallMs, blockMs, pids: null, outputBytes: null, memoryBytes: null },
    moduleUrl: loadMs === null ? scripted : `data:text/javascript,${encodeURIComponent(source)}`,
  };
}

/** Grace times, a stack, and what is slow here, together. */
const PROMPT_MS = 5000;

const never = new Promise<never>(() => undefined);

/** One worker in one world, both its ends. */
export class Simulation {
  readonly clock: FakeClock = createFakeClock();
  readonly attempts: Known[] = [];
  readonly told: string[] = [];
  /** What must not be, as it was seen: an error that is thrown inside of a job is the job's. */
  readonly broken: string[] = [];
  readonly process: SimulatedProcess;
  readonly worker: AttemptWorker;
  readonly #world: World;
  readonly #hostTimers = new Set<object>();
  #playing: Known | null = null;
  #openStages = 0;
  #lastWallMs = 0;
  #isReserved = false;
  #isIdleTold = false;
  #isTampered = false;
  /** When it was found to have been tampered with; before that it was not being ended. */
  #hungUpMs = Number.POSITIVE_INFINITY;
  #isHit = false;
  #isRetired = false;
  #isGoneSaid = false;

  constructor(world: World, yard: Yard) {
    this.#world = world;
    this.process = createSimulatedProcess(this.clock, world.plan);
    const clock = this.#counted();
    this.worker = createAttemptWorker(
      { ...yard, clock },
      {
        id: "w_1",
        budget: jobTypeOf("a").budget,
        cwd: "/",
        env: {},
        logFile: "/dev/null",
        ledgerFile: world.isOneOff ? null : "/nowhere/ledger",
        recorder: createRecorder({
          directory: null,
          clock,
          release: null,
          onFailure: () => undefined,
          surroundings: { brief: () => ({ availableBytes: null, memoryStallPercent: null }), read: machine },
        }),
        attemptsMax: world.attemptsMax,
        growthBytesMax: 100_000_000,
        breakers: createLooseBreakers(clock),
        onStart: (outcome) => this.told.push(outcome),
        onIdle: (worker) => {
          this.#must(worker.isIdle(), "it says that it is idle, and is not");
          this.#must(this.#playing === null, "it says that it is idle, and runs something");
          this.#isIdleTold = true;
        },
        onGone: () => {
          this.told.push("gone");
          this.#must(this.clock.monotonicMs() - this.#hungUpMs < PROMPT_MS, "it was tampered with, and is not ended at once");
        },
      },
      (own, options) =>
        this.process.openLink(own, {
          ...options,
          onMessage: (message, payload) => {
            const attempt = message.kind === "ended" ? this.attempts.find(({ id }) => id === message.attemptId) : undefined;
            if (message.kind === "ended" && attempt !== undefined && !attempt.hasIntent && !attempt.isAsked) attempt.heard = message.outcome;
            if (attempt !== undefined) attempt.dueFromMs ??= this.clock.monotonicMs();
            options.onMessage(message, payload);
          },
        }),
    );
    void this.worker.gone.then(() => {
      this.#isGoneSaid = true;
    });
    // As the crew does.
    this.clock.every(2000, () => this.worker.look());
    setStage({ play: (job) => this.#play(job), load: (ms) => new Promise((resolve) => void this.process.setTimer(resolve, ms)) });
  }

  #must(isTrue: boolean, what: string): void {
    if (!isTrue) this.broken.push(what);
  }

  /** The machine's clock, of which what the host has set is counted. */
  #counted(): Clock {
    const { clock } = this;
    return {
      ...clock,
      after: (delayMs, action) => {
        const timer = {};
        this.#hostTimers.add(timer);
        const cancel = clock.after(delayMs, () => {
          this.#hostTimers.delete(timer);
          action();
        });
        return () => {
          this.#hostTimers.delete(timer);
          cancel();
        };
      },
    };
  }

  async do(action: Action): Promise<void> {
    switch (action.do) {
      case "run":
        this.#run(action.jobs, action.type);
        break;
      case "stop": {
        const attempt = this.attempts[this.attempts.length - 1 - (action.pick % Math.max(1, this.attempts.length))];
        this.#stop(attempt, action.intent, action.graceMs);
        if (!action.again) break;
        await this.pass(20);
        this.#stop(attempt, action.intent, action.graceMs);
        break;
      }
      case "retire":
        this.#isRetired = true;
        this.worker.retire("it was asked to");
        break;
      case "look":
        this.worker.look();
        break;
      case "die":
        this.process.die({ code: 70, signal: null });
        break;
      case "crash":
        this.process.crash();
        break;
      case "tamper": {
        const isEnding = this.worker.view().state === "retiring";
        this.#isTampered = this.process.tamper();
        if (this.#isTampered && !isEnding) this.#hungUpMs = this.clock.monotonicMs();
        break;
      }
      case "inject":
        for (const { id } of this.attempts) if (this.worker.inject(id, action.fault)) this.#isHit = true;
        break;
      case "grow":
        this.process.grow(action.bytes);
        break;
      case "pressure":
        this.worker.tellPressure(action.level);
        break;
      case "steps":
        for (let count = 0; count < action.count; count += 1) await this.step();
        return;
      case "pass":
        await this.pass(action.ms);
        return;
      case "until-idle":
        await this.#runOn(3000);
        return;
    }
    await this.#settle();
  }

  /** As the crew does: to an idle worker, or to a new one that still starts. */
  #run(jobs: readonly Script[], type: Wish): void {
    const isFresh = !this.#isReserved && this.worker.view().state === "starting";
    if (!isFresh && !(this.#isIdleTold && this.worker.isIdle())) return;
    if (this.#world.isOneOff && this.#isReserved) return;
    this.#isReserved = true;
    this.#isIdleTold = false;
    const known = (this.#world.isOneOff ? jobs.slice(0, 1) : jobs).map((script): Known => {
      const id = `a_${this.attempts.length + 1}`;
      const attempt: Known = {
        id,
        script,
        type,
        running: null,
        hasBegun: false,
        isStarted: false,
        hasIntent: false,
        why: null,
        listens: false,
        isAsked: false,
        heard: null,
        dueFromMs: null,
        end: null,
      };
      this.attempts.push(attempt);
      return attempt;
    });
    const jobType = jobTypeFor(type);
    const running = this.worker.run(
      jobType,
      known.map(({ id }) => leaseOf(jobType, id, null)),
      this.#listener(),
    );
    for (const [index, attempt] of known.entries()) {
      attempt.running = running[index] ?? null;
      void attempt.running?.end.then((end) => {
        attempt.end = end;
        const tookMs = this.clock.monotonicMs() - (attempt.dueFromMs ?? Number.POSITIVE_INFINITY);
        this.#must(!(tookMs > PROMPT_MS), `${attempt.id} took ${tookMs} ms to be told of`);
      });
    }
  }

  #stop(attempt: Known | undefined, kind: StopKind, graceMs: number): void {
    if (attempt === undefined) return;
    const atMs = this.clock.nowMs();
    attempt.why ??= kind === "kill" || kind === "graceful" ? "cancel" : kind;
    // Who is asked again is in a hurry, and who listens ends at once.
    const isPrompt = attempt.isAsked || kind === "kill" || graceMs < 1000 || (attempt.listens && !this.process.isHeld());
    if (isPrompt && (attempt.isStarted || this.#world.isOneOff)) attempt.dueFromMs ??= this.clock.monotonicMs();
    attempt.isAsked = true;
    if (kind === "drain") attempt.running?.stop({ kind, reason: "", atMs }, graceMs);
    else if (kind === "stall") attempt.running?.stop({ kind, limit: 1, observed: 2, atMs }, graceMs);
    else attempt.running?.stop({ kind: "cancel", by: "api", reason: "", mode: kind, atMs }, graceMs);
  }

  #listener(): AttemptListener {
    const during = (attemptId: string, what: string): Known => {
      const attempt = this.#find(attemptId);
      this.#must(attempt.isStarted, `${attemptId}: ${what} before it was started`);
      this.#must(attempt.end === null, `${attemptId}: ${what} after its end`);
      return attempt;
    };
    return {
      onStarted: (attemptId) => {
        const attempt = this.#find(attemptId);
        this.#must(!attempt.isStarted, `${attemptId} is started twice`);
        this.#must(attempt.end === null, `${attemptId} is started after its end`);
        attempt.isStarted = true;
      },
      onProgress: (attemptId) => void during(attemptId, "progress"),
      onCheckpoint: (attemptId) => {
        during(attemptId, "a checkpoint");
        return this.#store();
      },
      onIntent: (attemptId, { kind }) => {
        const attempt = during(attemptId, "an intent");
        attempt.why ??= kind;
        this.#must(!attempt.hasIntent, `${attemptId} has two intents`);
        attempt.hasIntent = true;
        return this.#store();
      },
    };
  }

  #store(): Promise<void> {
    const { storeMs } = this.#world;
    if (storeMs === null) return Promise.reject(new Error("the disk is full"));
    return new Promise((resolve) => void this.clock.after(storeMs, resolve));
  }

  #find(attemptId: string): Known {
    const attempt = this.attempts.find(({ id }) => id === attemptId);
    assert.ok(attempt !== undefined);
    return attempt;
  }

  /** Inside of the worker. */
  async #play(job: JobContext<unknown>): Promise<unknown> {
    const { process } = this;
    if (process.isOver()) return never;
    const attempt = this.#find(job.attemptId);
    this.#must(!attempt.hasBegun, `${attempt.id} begins twice`);
    this.#must(attempt.end?.kind !== "not-started", `${attempt.id} begins although it was given back`);
    this.#must(this.#playing === null, `${attempt.id} begins while another one runs`);
    this.#must(this.#openStages === 0, `${attempt.id} begins beside a stage of another one`);
    this.#must(this.#lastWallMs < 10 || !process.hasUnread(), `${attempt.id} begins before what the host wrote has been read`);
    attempt.hasBegun = true;
    this.#playing = attempt;
    const begunMs = this.clock.monotonicMs();
    try {
      for (const step of attempt.script.steps) await this.#playStep(job, step);
      return await this.#playEnd(job, attempt);
    } finally {
      this.#playing = null;
      this.#lastWallMs = this.clock.monotonicMs() - begunMs;
    }
  }

  async #playStep(job: JobContext<unknown>, step: Step): Promise<void> {
    const { process } = this;
    switch (step.do) {
      case "wait":
        this.#find(job.attemptId).listens = step.hears;
        await wait(process, step.ms, step.hears ? job.signal : null);
        this.#find(job.attemptId).listens = false;
        return;
      case "hold":
        return process.hold(step.ms);
      case "progress":
        return job.progress({ done: 1 });
      case "count":
        return job.count("things");
      case "checkpoint":
        return job.checkpoint({ at: 1 });
      case "leak":
        return process.leak();
      case "keep":
        job.keeper?.keep({ pid: 6000 + this.attempts.length, what: "server", end: () => (step.endMs === null ? never : wait(process, step.endMs, null)) });
        return;
      case "leave-timer":
        process.setTimer(() => process.crash(), step.ms);
        return;
      case "stage":
        return job.stage("stage", step.budgetMs, async (signal) => {
          this.#openStages += 1;
          await wait(process, step.ms, step.hears ? signal : null).finally(() => (this.#openStages -= 1));
        });
      case "grow":
        return process.grow(step.bytes);
    }
  }

  async #playEnd(job: JobContext<unknown>, attempt: Known): Promise<unknown> {
    const { process } = this;
    switch (attempt.script.end) {
      case "returns":
        return "done";
      case "throws":
        throw new Error("it failed");
      case "exits":
        process.exit(7);
        return never;
      case "crashes":
        process.crash();
        return never;
      case "hangs":
        process.setTimer(() => undefined, 1e9);
        return never;
      case "listens":
        attempt.listens = true;
        return wait(process, 1e9, job.signal);
      case "drains":
        return never;
      case "blocks":
        return process.hold(null);
    }
  }

  async step(): Promise<boolean> {
    const isMore = await this.clock.step();
    await this.#settle();
    return isMore;
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.monotonicMs() + ms;
    this.clock.after(ms, () => undefined);
    while (this.clock.monotonicMs() < untilMs) await this.step();
  }

  async #settle(): Promise<void> {
    await turn();
    while (globalThis.process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq") || name === "Immediate")) await turn();
    this.process.drainIfEmpty();
  }

  #isQuiet(): boolean {
    return this.attempts.every(({ end }) => end !== null) && (this.told.includes("gone") || (this.worker.isIdle() && !this.process.isOver()));
  }

  async #runOn(ms: number): Promise<void> {
    const untilMs = this.clock.monotonicMs() + ms;
    while (!this.#isQuiet() && this.clock.monotonicMs() < untilMs && (await this.step()));
  }

  /** Time runs on; whoever would never end by itself, and has no budget that ends it, is ended. */
  async finish(): Promise<void> {
    if (this.worker.view().state === "starting") await this.pass(31_000);
    for (let round = 0; round < 6 && !this.#isQuiet(); round += 1) {
      const running = this.attempts.find(({ isStarted, end }) => isStarted && end === null);
      await this.#runOn(2000);
      if (running?.end === null && (running.script.end === "hangs" || running.script.end === "listens") && !this.process.isHeld())
        assert.deepEqual(
          this.attempts.filter(({ isStarted, end }) => !isStarted && end === null).map(({ id }) => id),
          [],
          `they wait behind ${running.id}, which takes long`,
        );
      for (const attempt of this.attempts) if (attempt.isStarted && attempt.end === null && !attempt.isAsked && this.#isEndless(attempt)) this.#stop(attempt, "kill", 0);
    }
    await this.#runOn(300_000);
    const lastMs = this.clock.monotonicMs() + 1000;
    while (this.#hostTimers.size > 0 && this.clock.monotonicMs() < lastMs && (await this.step()));
    if (!this.#isQuiet()) await this.#runOn(10_000);
  }

  #isEndless({ script, type }: Known): boolean {
    if (type.timeMs !== null || type.stallMs !== null) return false;
    return script.end === "hangs" || script.end === "listens" || ((script.end === "blocks" || this.#isHit) && type.blockMs === null);
  }

  // ---- What must hold

  check(): void {
    for (const attempt of this.attempts) this.#checkEnd(attempt);
    assert.deepEqual(this.broken, []);
    const isGone = this.told.includes("gone");
    assert.ok(isGone || this.worker.isIdle(), `the worker is neither idle nor gone: ${this.worker.view().state}`);
    assert.equal(this.#hostTimers.size, 0, "timers are left");
    assert.equal(this.told.filter((word) => word === "gone").length, isGone ? 1 : 0);
    assert.equal(isGone, this.process.isOver(), "it is gone when its process is over, and only then");
    assert.equal(this.process.isClosed(), isGone);
    assert.equal(this.#isGoneSaid, isGone);
    const [first] = this.attempts;
    if (this.told.includes("failed") && first?.isAsked === false && !first.isStarted)
      assert.ok(first.end?.kind === "ended" && first.end.evidence.launchFailure !== null, "the worker did not come up, and nobody is told");
    assert.ok(this.told.filter((word) => word === "ready" || word === "failed").length <= 1);
    if (isGone) return assert.ok(!this.worker.isIdle());
    assert.ok(this.#isIdleTold, "it is idle and has not said so");
    assert.ok(!this.#isRetired && !this.process.hasLeaks() && this.worker.view().attemptsDone < this.#world.attemptsMax, "it should have been replaced");
  }

  /** Nothing but the jobs' own scripts ends anything. */
  #isCalm(): boolean {
    const { plan, actions } = this.#world;
    if (plan.start !== "ready" || plan.diesAfter !== null || actions.some((one) => one.do === "die" || one.do === "crash" || one.do === "tamper" || one.do === "inject"))
      return false;
    return !this.attempts.some(({ script }) => script.steps.some((one) => one.do === "leave-timer"));
  }

  #checkEnd({ id, script, why, hasBegun, isStarted, isAsked, hasIntent, heard, end }: Known): void {
    assert.ok(end !== null, `${id} has no end`);
    if (end.kind === "not-started") {
      assert.ok(!isStarted, `${id} was started, and is given back`);
      assert.ok(!hasBegun || this.#isTampered || this.#world.plan.diesAfter !== null, `${id} has begun, and is given back`);
      return;
    }
    const { evidence } = end;
    const { cause } = decideVerdict(evidence);
    if (!isStarted) assert.notEqual(cause, "succeeded", `${id} succeeded and was never started`);
    if (evidence.intent !== null) assert.equal(evidence.intent.kind, why, `${id} has another intent than it was given`);
    if (hasIntent) assert.notEqual(evidence.intent, null, `${id} lost its intent`);
    if (!isAsked && !hasIntent) assert.equal(evidence.intent, null, `${id} has an intent that nobody was told of`);
    if (this.process.wasKilled() && evidence.report === null && evidence.launchFailure === null)
      assert.notEqual(evidence.intent, null, `${id} fell with the tree, and nobody says why`);
    if (this.#isCalm() && evidence.intent === null && hasBegun) assert.ok(causesOf(script, this.#world.storeMs).includes(cause), `${id} is ${cause}`);
    if (heard === "returned") {
      assert.deepEqual([cause, evidence.intent, end.result], ["succeeded", null, '"done"'], id);
      assert.equal(script.end, "returns");
    }
    if (heard === "threw") assert.deepEqual([cause, evidence.intent], ["failed", null], id);
  }
}

/** What a script may come to that nobody asks to end. */
function causesOf({ steps, end }: Script, storeMs: number | null): readonly Cause[] {
  if (steps.some((one) => one.do === "checkpoint") && storeMs === null) return ["failed"];
  const own: Record<Script["end"], readonly Cause[]> = {
    returns: ["succeeded"],
    throws: ["failed"],
    exits: ["exited"],
    crashes: ["failed"],
    drains: ["exited"],
    hangs: [],
    listens: [],
    blocks: [],
  };
  return steps.some((one) => one.do === "stage") ? [...own[end], "failed"] : own[end];
}

/** Also beside a loop that is not free: then it takes longer. */
function wait(process: SimulatedProcess, ms: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = process.setTimer(resolve, ms);
    const onAbort = (): void => {
      process.clearTimer(timer);
      reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function machine(atMs: number): ReturnType<Parameters<typeof createRecorder>[0]["surroundings"]["read"]> {
  return {
    atMs,
    bootId: "boot",
    totalBytes: null,
    availableBytes: null,
    memorySomePercent: null,
    memoryFullPercent: null,
    cpuSomePercent: null,
    ioSomePercent: null,
    oomKills: null,
    container: null,
  };
}

/** What runs in the worker reads the clock and sets timers as any program does. */
export async function withOwnTime(simulation: Simulation, run: () => Promise<void>): Promise<void> {
  const { clock, process: worker } = simulation;
  const real = { hrtime: process.hrtime, now: Date.now, setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  process.hrtime = Object.assign((): [number, number] => [Math.floor(clock.monotonicMs() / 1000), Math.round((clock.monotonicMs() % 1000) * 1e6)], { bigint: real.hrtime.bigint });
  Date.now = () => clock.nowMs();
  Object.assign(globalThis, { setTimeout: (action: () => void, ms: number) => worker.setTimer(action, ms), clearTimeout: (timer: unknown) => worker.clearTimer(timer) });
  try {
    await run();
  } finally {
    process.hrtime = real.hrtime;
    Date.now = real.now;
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    setStage(null);
  }
}
