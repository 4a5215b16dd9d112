// A worker's process without a process: the real runner of attempts at the other end of a wire whose messages take as long as the simulation wants, in order in each direction.
import assert from "node:assert/strict";
import type { ExitStatus, Leak } from "../../../src/model/index.ts";
import type { Clock } from "../../../src/platform/index.ts";
import type { Compartment } from "../../../src/supervisor/compartment.ts";
import type { WorkerLink, WorkerLinkOptions } from "../../../src/supervisor/worker-link.ts";
import { checkMessage, encodeFrame, FrameReader, type FromWorker, type KeptTree, type ToWorker } from "../../../src/wire/index.ts";
import { createAttemptRunner, type AttemptRunner } from "../../../src/worker/attempt-runner.ts";
import { describeError } from "../../../src/worker/errors.ts";
import type { HostLink } from "../../../src/worker/wire-end.ts";

export interface ProcessPlan {
  /** fails: it ends before it is ready. never: nothing is heard of it. */
  readonly start: "ready" | "fails" | "never";
  readonly startMs: number;
  /** How long the messages of one direction take, in turn; none overtakes another. */
  readonly toHostMs: readonly number[];
  readonly toWorkerMs: readonly number[];
  /** From its end to when we are told; from when its tree is killed to when that is proven; to take its stack. */
  readonly exitMs: number;
  readonly endMs: number;
  readonly captureMs: number;
  /** It ends without a word behind so many messages. */
  readonly diesAfter: number | null;
}

/** What a job may do to its process, and what may befall it. */
export interface SimulatedProcess {
  readonly openLink: (yard: unknown, options: WorkerLinkOptions) => WorkerLink;
  isOver(): boolean;
  /** What it opened was given back. */
  isClosed(): boolean;
  die(exit: ExitStatus): void;
  /** `process.exit`, an error that nobody catches, and a loop with nothing to wait for. */
  exit(code: number): void;
  crash(): void;
  drainIfEmpty(): void;
  /** The loop does not turn; null: never again. */
  hold(ms: number | null): Promise<void>;
  setTimer(action: () => void, ms: number): object;
  clearTimer(timer: unknown): void;
  /** Something in it writes to the wire. False: it is not there. */
  tamper(): boolean;
  leak(): void;
  hasLeaks(): boolean;
  /** Its loop does not turn. */
  isHeld(): boolean;
  /** Something has arrived that it has not read. */
  hasUnread(): boolean;
  /** Its tree was ended by the host. */
  wasKilled(): boolean;
  grow(bytes: number): void;
}

const BEAT_MS = 250;
const NO_RISES = { oomKill: 0, ownLimitHit: false, machineOomKill: 0, pidsRefused: 0 };

interface Pipe {
  write(frame: Buffer): void;
  /** Everything that is under way arrives now. */
  flush(): void;
  close(): void;
}

/** What is due at the same moment arrives in one piece. */
function createPipe(clock: Clock, delaysMs: readonly number[], deliver: (chunk: Buffer) => void): Pipe {
  const underWay: { readonly frame: Buffer; readonly dueMs: number }[] = [];
  let written = 0;
  let lastDueMs = 0;
  let isClosed = false;

  function flow(untilMs: number): void {
    const due = underWay.filter(({ dueMs }) => dueMs <= untilMs);
    underWay.splice(0, due.length);
    if (due.length > 0 && !isClosed) deliver(Buffer.concat(due.map(({ frame }) => frame)));
  }

  return {
    write(frame) {
      const nowMs = clock.monotonicMs();
      lastDueMs = Math.max(lastDueMs, nowMs + (delaysMs[written % delaysMs.length] ?? 0));
      written += 1;
      underWay.push({ frame, dueMs: lastDueMs });
      const dueMs = lastDueMs;
      clock.after(dueMs - nowMs, () => flow(Math.max(dueMs, clock.monotonicMs())));
    },
    flush: () => flow(Number.POSITIVE_INFINITY),
    close() {
      isClosed = true;
    },
  };
}

/** `clock` is the machine's; nobody else may count what it has set there. */
export function createSimulatedProcess(clock: Clock, plan: ProcessPlan): SimulatedProcess {
  const ended = Promise.withResolvers<ExitStatus>();
  const read = Promise.withResolvers<void>();
  const hostReader = new FrameReader();
  const ownReader = new FrameReader();
  const timers = new Set<object>();
  /** What should have rung while the loop was held. */
  const late: (() => void)[] = [];
  let state: "booting" | "up" | "over" = "booting";
  let onMessage: WorkerLinkOptions["onMessage"] = () => undefined;
  let onHungUp: WorkerLinkOptions["onHungUp"] = () => undefined;
  let runner: AttemptRunner | null = null;
  let isHeld = false;
  let isLinkHeld = true;
  let heldSinceMs = 0;
  let busySinceMs: number | null = null;
  let arrived: Buffer[] = [];
  let turnsAwaited = 0;
  let messages = 0;
  let isTampered = false;
  let isClosed = false;
  let isKilled = false;
  let keptTrees: readonly KeptTree[] = [];
  let leaked = 0;
  let memoryBytes = 40_000_000;

  const toHost = createPipe(clock, plan.toHostMs, (chunk) => {
    for (const { header, payload } of hostReader.push(chunk)) {
      const message = checkMessage(header);
      if (message === null) throw new Error(`no message: ${JSON.stringify(header)}`);
      onMessage(message, payload);
    }
  });
  const toWorker = createPipe(clock, plan.toWorkerMs, (chunk) => {
    arrived.push(chunk);
    turn();
  });

  const hostLink: HostLink = {
    send,
    heard: () => new Promise((resolve) => nextTurn(resolve)),
    hold(isHeldNow) {
      isLinkHeld = isHeldNow;
    },
  };

  function send(message: FromWorker, payload?: string): void {
    if (state === "over") return;
    if (isTampered) return die({ code: null, signal: "SIGKILL" });
    toHost.write(encodeFrame(message, payload));
    busySinceMs = message.kind === "started" || (message.kind === "ended" && message.next !== undefined) ? clock.monotonicMs() : busySinceMs;
    messages += 1;
    if (messages === plan.diesAfter) die({ code: 70, signal: null });
  }

  function boot(): void {
    if (state === "over" || plan.start === "never") return;
    if (plan.start === "fails") return die({ code: 9, signal: null });
    state = "up";
    runner = createAttemptRunner(hostLink, { ledgerFile: "", keptParent: "/nowhere" });
    send({ kind: "ready", pid: 4242 });
    turn();
  }

  function nextTurn(then: () => void): void {
    turnsAwaited += 1;
    clock.after(0, () => {
      turnsAwaited -= 1;
      turn();
      if (state === "up") then();
    });
  }

  /** Reads what has arrived. */
  function turn(): void {
    if (state !== "up" || isHeld) return;
    if (isTampered) return die({ code: null, signal: "SIGKILL" });
    for (const chunk of arrived.splice(0)) for (const { header, payload } of ownReader.push(chunk)) hear(header as ToWorker, payload);
  }

  /** As worker/main.ts does. */
  function hear(message: ToWorker, payload: Buffer): void {
    if (runner === null) return;
    switch (message.kind) {
      case "run":
        return runner.assign(message.work, message.attempts, payload);
      case "abort":
        return runner.abort(message.attemptId, message.reason);
      case "recall":
        return runner.recall();
      case "checkpointed":
        return runner.checkpointed(message.sequence, message.ok);
      case "pressure":
        return runner.pressure(message.level);
      case "give-up-kept":
        return runner.giveUpKept(message.reason);
      case "chaos":
        clock.after(0, () => {
          if (state !== "up" || isHeld || runner?.isRunning(message.attemptId) !== true) return;
          if (message.fault === "kill") die({ code: 70, signal: null });
          else void hold(null);
        });
        return;
      case "retire":
        return exit(0);
    }
  }

  function exit(code: number, drained = false): void {
    if (state !== "up") return;
    runner?.sayCounts();
    if (runner?.isBusy() === true) send({ kind: "exiting", code, stack: null, drained });
    die({ code, signal: null });
  }

  function die(exitStatus: ExitStatus): void {
    if (state === "over") return;
    if (!isHeld) heldSinceMs = clock.monotonicMs();
    state = "over";
    timers.clear();
    clock.after(plan.exitMs, () => {
      ended.resolve(exitStatus);
      toHost.flush();
      clock.after(0, () => read.resolve());
    });
  }

  async function hold(ms: number | null): Promise<void> {
    isHeld = true;
    heldSinceMs = clock.monotonicMs();
    const { promise, resolve } = Promise.withResolvers<void>();
    if (ms !== null)
      clock.after(ms, () => {
        if (state !== "up") return;
        isHeld = false;
        resolve();
        nextTurn(() => {
          for (const rings of late.splice(0)) rings();
        });
      });
    return promise;
  }

  function ring(timer: object, action: () => void): void {
    if (!timers.has(timer)) return;
    if (isHeld) return void late.push(() => ring(timer, action));
    timers.delete(timer);
    action();
  }

  function end(): Promise<readonly Leak[]> {
    isKilled ||= state !== "over";
    die({ code: null, signal: "SIGKILL" });
    leaked = 0;
    return new Promise((resolve) => {
      clock.after(plan.endMs, () => resolve([]));
    });
  }

  const compartment: Compartment = {
    directory: "/nowhere",
    scratch: "/nowhere/tmp",
    enforcement: { tier: "cgroup", memory: "kernel", pids: "kernel" },
    pid: 4242,
    child: null,
    launchFailure: null,
    ended: ended.promise,
    stream: () => null,
    setBudget: () => undefined,
    liftPidsLimit: () => undefined,
    sample: () => ({ memoryBytes, memoryMethod: "cgroup", tasks: 7, cpuSeconds: 0, trustworthy: true }),
    listing: () => ({ shares: [], openFiles: null, cpuSeconds: 0 }),
    kernelRises: () => NO_RISES,
    ownRises: () => NO_RISES,
    countFromHere: () => undefined,
    setKept(trees) {
      keptTrees = trees;
    },
    hasKept: () => keptTrees.length > 0,
    kept: () => keptTrees.map(({ pid, what }) => ({ pid, what, processes: 1, memoryBytes: 1_000_000 })),
    hasOthers: () => leaked > 0,
    others: () => [],
    program: () => null,
    signalAll: () => undefined,
    startBeside: () => false,
    end,
    async endLeftovers() {
      const leaks = Array.from({ length: leaked }, (_, index): Leak => ({ kind: "process", pid: 5000 + index, command: "left", state: "ended" }));
      if (leaks.length > 0) await new Promise<void>((resolve) => void clock.after(100, resolve));
      await end();
      return leaks;
    },
    close() {
      return new Promise((resolve) => {
        clock.after(plan.endMs, resolve);
      });
    },
  };

  return {
    openLink(_yard, options) {
      ({ onMessage, onHungUp } = options);
      clock.after(plan.startMs, boot);
      return {
        compartment,
        ended: read.promise.then(() => ended.promise),
        send(message, payload) {
          if (!isClosed && !isTampered) toWorker.write(encodeFrame(message, payload));
        },
        capture: () =>
          new Promise((resolve) => {
            clock.after(plan.captureMs, () => resolve({ frames: ["spin (job.ts:1:1)"], nativeCall: false, heap: null }));
          }),
        profile: () => Promise.resolve(null),
        beatAtMs() {
          if (runner?.isBusy() !== true || busySinceMs === null) return null;
          const turnedMs = isHeld || state === "over" ? heldSinceMs : clock.monotonicMs();
          const beatMs = turnedMs - (turnedMs % BEAT_MS);
          return beatMs < busySinceMs ? null : clock.nowMs() - (clock.monotonicMs() - beatMs);
        },
        starvedMs: () => null,
        disconnect() {
          isClosed = true;
          toHost.close();
          toWorker.close();
        },
      };
    },
    isOver: () => state === "over",
    isClosed: () => isClosed,
    die,
    exit,
    crash() {
      if (runner?.isBusy() === true) send({ kind: "uncaught", error: describeError(new Error("nobody caught this")) });
      exit(1);
    },
    drainIfEmpty() {
      if (state !== "up" || isHeld || isLinkHeld || timers.size > 0 || arrived.length > 0 || turnsAwaited > 0) return;
      assert.ok(runner?.isBusy(), "nothing keeps the process alive between two attempts");
      exit(13, true);
    },
    hold,
    setTimer(action, ms) {
      const timer = { ref: () => undefined, unref: () => undefined };
      timers.add(timer);
      clock.after(ms, () => ring(timer, action));
      return timer;
    },
    clearTimer: (timer) => void timers.delete(timer as object),
    tamper() {
      if (state !== "up" || isTampered) return isTampered;
      isTampered = true;
      toHost.close();
      toWorker.close();
      onMessage({ kind: "uncaught", error: describeError(new Error("tampered")) }, Buffer.alloc(0));
      onHungUp();
      nextTurn(() => undefined);
      return true;
    },
    leak() {
      if (state === "up") leaked += 1;
    },
    hasLeaks: () => leaked > 0,
    isHeld: () => isHeld,
    hasUnread: () => arrived.length > 0,
    wasKilled: () => isKilled,
    grow(bytes) {
      memoryBytes += bytes;
    },
  };
}
