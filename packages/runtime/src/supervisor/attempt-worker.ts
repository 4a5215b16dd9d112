import type { ExitStatus, Intent, JobType, Leak } from "../model/index.ts";
import type { FlightSource } from "../recorder/index.ts";
import type { AttemptEnded } from "../wire/index.ts";
import { handOver } from "./assignment.ts";
import { answerControl } from "./answer-control.ts";
import { createBreakerLine } from "./breaker-line.ts";
import { createItem, type AttemptItem } from "./attempt-item.ts";
import { createFirstLook, FIRST_LOOK_MS } from "./first-look.ts";
import { recordBreach, recordLook } from "./autopsy.ts";
import { hearWorker, type Hearing, type Start } from "./hear-worker.ts";
import { createKernelAccount } from "./kernel-account.ts";
import { bounded } from "./ladder.ts";
import { bytesOf, roomNeeded } from "./kept-trees.ts";
import { recycleReason } from "./recycle.ts";
import { createSettler } from "./settle-items.ts";
import { watchAttempt, type Watch } from "./watch.ts";
import type { AttemptWorker, AttemptWorkerOptions } from "./worker-contract.ts";
import { endItem } from "./worker-ladder.ts";
import { startWorkerLink, type WorkerLink } from "./worker-link.ts";
import { measureTree, viewWorker } from "./worker-view.ts";
import type { Yard } from "./yard.ts";

const START_TIMEOUT_MS = 30_000;
/** What waits behind an attempt that takes longer than this is taken back. */
const HANDED_AHEAD_MS_MAX = 50;
/** Who is next has begun when it was looked for so often, 2 s apart: what is kept for another type has 3 s to end. Counted, so that it costs nobody anything when we ourselves were held up. */
const NEXT_LOOKS_MAX = 5;
const RETIRE_TIMEOUT_MS = 500;

export function createAttemptWorker(yard: Yard, options: AttemptWorkerOptions, openLink: typeof startWorkerLink = startWorkerLink): AttemptWorker {
  const { clock } = yard;
  const { snapshots = null } = options;
  /** No queue stands behind it: what it does not run, nobody runs. */
  const isOneOff = options.ledgerFile === null;
  const bornAtMs = clock.nowMs();
  const link: WorkerLink = openLink(yard, {
    budget: options.budget,
    cwd: options.cwd,
    env: options.env,
    logFile: options.logFile,
    ledgerFile: options.ledgerFile,
    mayKeep: options.attemptsMax > 1,
    heapRoom: snapshots === null ? "whole" : "with-snapshot",
    nodeFlags: [...(snapshots?.nodeFlags ?? []), ...(options.debug?.nodeFlags ?? [])],
    onMessage: (message, payload) => hearWorker(hearing, message, payload),
    onHungUp: () => endNow("its wire was written to"),
  });
  const { compartment } = link;
  const kernel = createKernelAccount(compartment);
  const settler = createSettler({ id: options.id, logFile: options.logFile, compartment, recorder: options.recorder, clock, snapshots });
  const flight = options.recorder.open(options.id);
  const hearing: Hearing = {
    clock,
    current: () => queue[0],
    watchOf,
    onReady,
    onStarted,
    onEnded,
    onCheckpoint: (item, sequence, checkpoint) => void onCheckpoint(item, sequence, checkpoint),
    onBreaker: (question) => breakers.ask(question),
    onControl: (item, question, args) => void answerControl(item.listener, question, args, (message, payload) => link.send(message, payload)),
    onRecalled: takeBack,
    onKept: (trees) => compartment.setKept(trees),
    onCounted: (message) => options.onCounted?.(message),
  };
  const breakers = createBreakerLine(options.breakers, (message) => link.send(message));
  const firstLook = createFirstLook(clock, () => queue[0], watchOf);
  const gone = Promise.withResolvers<void>();
  /** In the order of the worker: the first one runs. */
  const queue: AttemptItem[] = [];
  /** Ended by themselves; they wait for the census of their batch. */
  const finished: AttemptItem[] = [];
  let state: "starting" | "live" | "ending" | "gone" = "starting";
  let retireReason: string | null = null;
  let attemptsDone = 0;
  let idleBytes: number | null = null;
  let idleLogBytes = 0;
  let memoryBytes = 0;
  let tasks = 0;
  let lastType: JobType | null = null;
  /** Set as soon as we end the tree ourselves: resolves with what was left behind, when the tree has been proven empty. */
  let ending: Promise<readonly Leak[]> | null = null;
  let isRecalling = false;
  /** Who was found not to have begun, and how often. */
  let next: { readonly item: AttemptItem; readonly looks: number } | null = null;
  let isUp = false;
  let isRetired = false;
  const cancelStartTimer = clock.after(options.debug?.startTimeoutMs ?? START_TIMEOUT_MS, () => endNow("it did not start within 30 s"), { keepAlive: false });
  void link.ended.then(onProcessEnd);

  function onReady(): void {
    cancelStartTimer();
    // Its end has been decided: it does not come up any more.
    if (state !== "starting") return;
    state = "live";
    isUp = true;
    options.onStart("ready", "");
    if (isIdle()) options.onIdle(self);
  }

  function onStarted(item: AttemptItem, { atMs, logOffset, isLoading }: Start): void {
    // Before anybody hears of it, and may ask for its end.
    const isFalling = state === "ending";
    const isUnwanted = item.intent !== null;
    item.startedAtMs = atMs;
    item.logFrom = logOffset;
    item.logTo = logOffset;
    item.startedMonotonicMs = clock.monotonicMs();
    const { timeMs } = item.jobType.budget;
    if (isLoading || (timeMs !== null && timeMs < FIRST_LOOK_MS)) watchOf(item, isLoading ? "loading" : "running");
    else firstLook.begun();
    item.listener.onStarted(item.lease.attemptId, { workerId: options.id, pid: compartment.pid, atMs, log: { file: options.logFile, from: logOffset } });
    if (isFalling) preempt(item);
    else if (isUnwanted && item.intent !== null) endAttempt(item, item.intent, item.graceMs);
  }

  /** The one before it ended by itself while we were about to end it, and the worker went on: this one falls with the tree, and that is not its doing. */
  function preempt(item: AttemptItem): void {
    item.intent ??= { kind: "preempt", reason: retireReason ?? "it ends", atMs: clock.nowMs() };
    // The ladder of the other does not wait for it; its end says the same.
    void item.listener.onIntent(item.lease.attemptId, item.intent).catch(() => undefined);
  }

  /** The eye on an attempt that has begun; opened here when it was not looked at yet. */
  function watchOf(item: AttemptItem, loop: "running" | "loading" = "running"): Watch {
    item.watch ??= watchAttempt(clock, item.startedMonotonicMs, {
      budget: item.jobType.budget,
      loop,
      beatAtMs: () => link.beatAtMs(),
      starvedMs: item.jobType.budget.blockMs === null ? () => null : () => link.starvedMs(),
      enforcement: compartment.enforcement,
      outputIsProgress: false,
      sample: (wish) => {
        const sample = compartment.sample(wish);
        memoryBytes = sample.memoryBytes;
        tasks = sample.tasks;
        return sample;
      },
      kernelRises: kernel.ofRunning,
      outputBytes: () => settler.logSize() - item.logFrom,
      stage: () => item.stages?.next() ?? null,
      onSeen: (seen) => recordLook(item, seen, flight, list),
      onBreach: (intent) => endAttempt(item, intent, item.graceMs),
      onLook: (elapsedMs) => {
        if (elapsedMs >= HANDED_AHEAD_MS_MAX) letGo();
      },
    });
    return item.watch;
  }

  /** The tree for the flight record, with the CPU of the running attempt: what the worker had used before is not its own. */
  function list(): ReturnType<FlightSource> {
    const listing = compartment.listing();
    return { ...listing, cpuSeconds: listing.cpuSeconds === null ? null : Math.max(0, listing.cpuSeconds - settler.cpuSecondsBefore()) };
  }

  /** Short attempts end between two looks: the kernel still knows what they used. */
  function lookLast(item: AttemptItem | undefined): void {
    if (item === undefined || item.startedAtMs === 0) return;
    const watch = watchOf(item);
    watch.sampleNow();
    watch.stop();
  }

  /** An attempt takes long, or is being ended: what waits behind it may run elsewhere, and what ended before it need not wait for it. */
  function letGo(): void {
    recall();
    if (finished.length > 0) settleFinished([]);
  }

  function recall(): void {
    if (queue.length <= 1 || isRecalling) return;
    isRecalling = true;
    link.send({ kind: "recall" });
  }

  function takeBack(attemptIds: readonly string[]): void {
    isRecalling = false;
    const ids = new Set(attemptIds);
    for (const item of queue.filter(({ lease }) => ids.has(lease.attemptId))) {
      queue.splice(queue.indexOf(item), 1);
      item.resolve({ kind: "not-started" });
    }
    // The one before them had ended when they were called back: with it ends the batch.
    if (ids.size > 0 && queue.length === 0 && state === "live") onBatchEnd();
  }

  function onEnded(item: AttemptItem, message: AttemptEnded, payload: Buffer): void {
    item.endedAtMs = clock.nowMs();
    item.wallMs = message.wallMs;
    item.cpuSeconds = message.cpuMicros / 1e6;
    item.logTo = message.logOffset;
    item.rest = message.rest ?? null;
    item.report = message.outcome === "returned" ? { kind: "returned", resultBytes: payload.length } : { kind: "threw", error: message.error };
    item.result = message.outcome === "returned" && payload.length > 0 ? payload.toString("utf8") : null;
    item.watch?.stop();
    item.stages?.freeze();
    queue.shift();
    // Who returned before the first look is not asked what the kernel did to it.
    if (item.report.kind === "returned" && item.watch === null) kernel.pass();
    else item.kernel = kernel.close();
    finished.push(item);
    attemptsDone += 1;
    item.ownEnd.ring();
    // The ladder is at work: it ends the tree, and the end of the process settles everything.
    if (item.intent !== null || state === "ending") return;
    if (queue.length === 0) onBatchEnd();
  }

  /** Census: what the batch left behind is a leak, and costs the worker its place. */
  function onBatchEnd(): void {
    lookLast(finished.at(-1));
    if (compartment.hasOthers()) {
      retireReason ??= "it left processes behind";
      // The end of the process settles the batch, with these leaks.
      beginEnding(compartment.endLeftovers());
      return;
    }
    const kept = compartment.kept();
    const ownBytes = memoryBytes - bytesOf(kept);
    idleBytes ??= ownBytes;
    idleLogBytes = settler.logSize();
    const reason = retireReason ?? whyRecycle(ownBytes, idleLogBytes);
    settleFinished([]);
    const room = roomNeeded(kept, lastType?.budget.memoryBytes ?? null);
    if (room !== null) link.send({ kind: "give-up-kept", reason: room });
    if (reason !== null) retire(reason);
    else if (isIdle()) options.onIdle(self);
  }

  function lookIdle(): void {
    ({ memoryBytes, tasks } = compartment.sample("without-cpu"));
    const reason = whyRecycle(memoryBytes - bytesOf(compartment.kept()), settler.logSize());
    if (reason !== null) retire(reason);
  }

  /** Nobody watches the loop between two attempts: held there by what one has left behind, it neither begins the next one nor gives it back. */
  function lookForNext(): void {
    const [item] = queue;
    next = item === undefined || item.startedAtMs > 0 ? null : { item, looks: next?.item === item ? next.looks + 1 : 1 };
    if (next !== null && next.looks > NEXT_LOOKS_MAX) endNow(`it did not begin ${next.item.lease.attemptId}: what an attempt before has left behind holds its loop`);
  }

  /** What is kept on purpose is no growth: `ownBytes` is without it. */
  function whyRecycle(ownBytes: number, logBytes: number): string | null {
    return recycleReason({ attemptsDone, ownBytes, idleBytes: idleBytes ?? ownBytes, hasSnapshot: snapshots?.isTaken() === true, logBytes, idleLogBytes }, options);
  }

  function settleFinished(leaks: readonly Leak[]): void {
    settler.alive(finished.splice(0), leaks);
  }

  async function onCheckpoint(item: AttemptItem, sequence: number, checkpoint: string): Promise<void> {
    watchOf(item).progressed();
    const attemptId = item.lease.attemptId;
    item.checkpointed = { atMs: clock.nowMs(), bytes: Buffer.byteLength(checkpoint) };
    const isStored = await item.listener.onCheckpoint(attemptId, checkpoint).then(
      () => true,
      () => false,
    );
    link.send({ kind: "checkpointed", attemptId, sequence, ok: isStored });
  }

  function endAttempt(item: AttemptItem, intent: Intent, graceMs: number): void {
    if (state === "gone" || queue[0] !== item) return;
    if (state === "ending") {
      // It has been asked to end and breaks a budget meanwhile: the first intent stands, its grace is over.
      item.hurry.ring();
      return;
    }
    item.intent = intent;
    retireReason ??= `attempt ${item.lease.attemptId} is ended: ${intent.kind}`;
    // It may still end by itself: then the next one must not begin.
    letGo();
    item.stages?.freeze();
    recordBreach(item, intent, flight, list);
    beginEnding(endItem(item, intent, graceMs, { clock, link, compartment, watch: watchOf(item), logSize: settler.logSize }));
  }

  function beginEnding(work: Promise<readonly Leak[]>): void {
    state = "ending";
    ending = work;
  }

  function retire(reason: string): void {
    retireReason ??= reason;
    isRetired = true;
    if (state === "gone" || state === "ending" || queue.length > 0) return;
    link.send({ kind: "retire" });
    beginEnding(bounded(link.ended, options.debug?.retireTimeoutMs ?? RETIRE_TIMEOUT_MS, clock).then(() => compartment.end()));
  }

  function endNow(reason: string): void {
    retireReason ??= reason;
    if (state !== "ending") beginEnding(compartment.end());
  }

  /** The process is over, by itself or by us. Everything that waits is settled here, once. */
  async function onProcessEnd(exit: ExitStatus): Promise<void> {
    cancelStartTimer();
    state = "ending";
    const current = queue.shift();
    for (const item of queue.splice(0)) item.resolve({ kind: "not-started" });
    const endedAtMs = clock.nowMs();
    lookLast(current);
    current?.stages?.freeze();
    current?.ownEnd.ring();
    // Also what rose while short ones passed: of that their process would have died.
    const rises = compartment.kernelRises();
    const leaks = await (ending ?? compartment.endLeftovers());
    // What ended the process before it began was left by one that ran there. The very first answers for itself: what no worker can take must not go round for ever.
    const isUnbegun = current?.startedAtMs === 0 && (current.intent !== null || attemptsDone > 0) && !isOneOff;
    settleFinished(current === undefined || isUnbegun ? leaks : []);
    if (isUnbegun) current.resolve({ kind: "not-started" });
    else if (current !== undefined) await settler.dead(current, { exit, endedAtMs, kernel: rises, leaks, neverReady: !isUp && current.intent === null });
    breakers.close();
    link.disconnect();
    await compartment.close();
    await snapshots?.close();
    state = "gone";
    gone.resolve();
    if (!isUp && !isRetired) options.onStart("failed", retireReason ?? `it ended before it was ready (${exit.signal ?? `code ${exit.code}`})`);
    options.onGone(self, retireReason ?? `it ended (${exit.signal ?? `code ${exit.code}`})`);
  }

  function isIdle(): boolean {
    return state === "live" && queue.length === 0 && finished.length === 0 && retireReason === null;
  }

  const self: AttemptWorker = {
    id: options.id,
    gone: gone.promise,
    isIdle,
    run(jobType, leases, listener) {
      const entries = leases.map((lease) => createItem(lease, jobType, listener));
      lastType = jobType;
      compartment.setBudget(jobType.budget);
      // What a worker was refused while it started tells why it did not come up.
      if (isUp) kernel.begin();
      for (const { item } of entries) queue.push(item);
      handOver(link, jobType, leases);
      return entries.map(({ item, end }) => ({
        lease: item.lease,
        end,
        logEnd: () => (item.endedAtMs > 0 ? item.logTo : null),
        profile: async (kind, durationMs) => (queue[0] === item && item.startedAtMs > 0 && state === "live" ? link.profile(kind, durationMs) : null),
        stop(intent, graceMs) {
          if (item.intent !== null) {
            item.hurry.ring();
            return;
          }
          // Over already, and only not yet told: no later wish is why.
          if (!queue.includes(item)) return;
          if (queue[0] === item && item.startedAtMs > 0) {
            endAttempt(item, intent, graceMs);
            return;
          }
          item.intent = intent;
          item.graceMs = graceMs;
          // One that waits for a debugger would not hear of it.
          if (isOneOff && state === "starting") endNow("it was asked to end before it was up");
          else link.send({ kind: "recall" });
        },
      }));
    },
    retire,
    look() {
      if (isIdle()) lookIdle();
      else if (state === "live") lookForNext();
    },
    inject(attemptId, fault) {
      if (state !== "live" || queue[0]?.lease.attemptId !== attemptId) return false;
      link.send({ kind: "chaos", attemptId, fault });
      return true;
    },
    tellPressure(level) {
      if (state === "starting" || state === "live") link.send({ kind: "pressure", level });
    },
    keepsFor: () => (compartment.hasKept() ? (lastType?.type ?? null) : null),
    measure: () => measureTree(compartment),
    activity: () => ({ ...measureTree(compartment, "with-cpu"), progress: queue[0]?.progress ?? null }),
    view: () =>
      viewWorker(
        {
          id: options.id,
          pid: compartment.pid,
          startedAtMs: bornAtMs,
          attemptsDone,
          memoryBytes,
          memoryLimitBytes: queue[0]?.jobType.budget.memoryBytes ?? options.budget.memoryBytes,
          kept: compartment.kept(),
          tasks,
          tier: compartment.enforcement.tier,
        },
        state,
        queue,
      ),
  };
  return self;
}
