import type { JobType, LaneRecord, Lease } from "../model/index.ts";
import { createAlarm, type Clock } from "../platform/index.ts";
import type { QueuePort } from "../store/ports.ts";
import { createLaneBook } from "./lane-book.ts";
import { createMemoryAdmission } from "./memory-admission.ts";
import { createMemoryBook, type MemoryOptions } from "./memory-book.ts";
import { packLeases } from "./pack-leases.ts";
import { aheadOf, nextPace, NO_PACE, type AttemptEnding, type Pace } from "./pace.ts";
import { CLAIM_LIMIT_MAX, planClaims, STOCK_AHEAD_MIN, type LimitedType, type PlannedClaim } from "./plan-claims.ts";
import { createReturns } from "./returns.ts";
import { reportMemory, type MemoryReport } from "./memory-report.ts";
import { createSlots } from "./slots.ts";
import { createStock } from "./stock.ts";

export type LaneSetting = Pick<LaneRecord, "name" | "concurrency" | "dispatchPaused">;

export interface DispatcherOptions {
  readonly queue: Pick<QueuePort, "claim" | "release" | "nextDueMs">;
  readonly clock: Clock;
  /** The claiming runtime, kept with every lease. */
  readonly owner: string;
  /** Types whose modules are loaded now. Jobs of other types stay in the queue. */
  types(): ReadonlyMap<string, JobType>;
  lanes(): readonly LaneSetting[];
  readonly memory: MemoryOptions;
  /** Runs leases of one type in one worker, one after the other. `attemptEnded` is owed for each of them. */
  start(jobType: JobType, leases: readonly Lease[]): void;
  /** Leases that were given back; their jobs had been cancelled meanwhile, and have ended. */
  onCancelled(leases: readonly Lease[]): void;
  onError(error: unknown): void;
}

export interface DispatcherLoad {
  /** Worker slots in use. */
  readonly lanes: ReadonlyMap<string, number>;
  readonly types: ReadonlyMap<string, number>;
}

export interface Dispatcher {
  /** Something became ready or allowed: a job was added, a lane resumed or enlarged, a module loaded. Cheap; call it as often as it is true. */
  wake(lane?: string): void;
  /** A job was stored that becomes ready at this time (Unix ms). */
  wakeAt(dueMs: number): void;
  /** The lease's worker is done with it. Frees the slot when it was the last of those handed over together. */
  attemptEnded(lease: Lease, ending: AttemptEnding): void;
  /** The lease was claimed and never began: its job goes back to the queue, however often the store has to be asked. */
  giveBack(lease: Lease): void;
  /** The job was cancelled and no attempt of it runs: should its lease be on its way here, it is given back. */
  withdraw(jobId: string): void;
  /** Worker slots in use. */
  runningInLane(lane: string): number;
  runningOfType(type: string): number;
  load(): DispatcherLoad;
  /** What is reserved, who waits for room, and what would fit next. */
  memory(): MemoryReport;
  /** Claims nothing more; what runs goes on. */
  pause(): void;
  /** Starts or goes on claiming; a new dispatcher claims nothing before. */
  resume(): void;
  /** Stops for good; resolves when no claim is on its way and what it still brought has been given back. Idempotent. */
  close(): Promise<void>;
}

const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 5000;
/** A job that is due but cannot be claimed (its lane is full or paused) must not make the alarm ring all the time. */
const DUE_AGAIN_MS = 250;
/** While memory is short, or room is about to be kept for somebody, the plan is looked at again after this time. */
const SHORT_AGAIN_MS = 1000;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { queue, clock } = options;
  const lanes = createLaneBook();
  const slots = createSlots();
  const memory = createMemoryBook(options.memory, (head) => freeSlots(head.lane) > 0 && slotsLeft(options.types().get(head.type)) !== 0);
  const admission = createMemoryAdmission({ memory, slots, gate: () => options.memory.gate(), types: () => options.types(), aheadOfType });
  const paces = new Map<string, Pace>();
  const reserved = new Map<string, number>();
  const unknownTypes = new Set<string>();
  const returns = createReturns({ queue, onError: fail, onCancelled: options.onCancelled });
  const stock = createStock({
    clock,
    onStale(lane, leases) {
      lanes.slowDown(lane);
      giveBack(leases);
      askPump();
    },
  });
  /** Jobs that were cancelled while their leases were on their way here. */
  const withdrawn = new Set<string>();
  const alarm = createAlarm(clock, ring);
  let looksAsked = 0;
  let isLooking = false;
  let phase: "paused" | "claiming" | "closed" = "paused";
  let pumpAsked = false;
  let backoffMs = 0;
  let quietUntilMonotonicMs = 0;
  const underWay = new Set<Promise<void>>();

  /** Everything that happens in one turn of the loop is planned for once. */
  function askPump(): void {
    if (pumpAsked || phase !== "claiming") return;
    pumpAsked = true;
    queueMicrotask(pump);
  }

  function pump(): void {
    pumpAsked = false;
    if (phase !== "claiming") return;
    const nowMs = clock.nowMs();
    const quietMs = quietUntilMonotonicMs - clock.monotonicMs();
    if (quietMs > 0) return alarm.at(nowMs + Math.ceil(quietMs));
    for (const type of unknownTypes) if (options.types().has(type)) unknownTypes.delete(type);
    for (const lane of stock.lanes()) {
      if (freeSlots(lane) <= 0) continue;
      const excess = hand({ lane, ahead: lanes.aheadOf(lane) }, stock.take(lane));
      // It is ready in the queue again, and the claim that brought it may have been the last one.
      if (excess > 0) lanes.wake(lane);
    }
    if (underWay.size === 0 && stock.lanes().length === 0) withdrawn.clear();
    const settings = options.lanes();
    for (const setting of settings) if (isPaused(setting, nowMs)) alarm.at(setting.dispatchPaused?.untilMs ?? Number.POSITIVE_INFINITY);
    const states = lanes.states(settings, (setting) => ({ running: slots.runningInLane(setting.name), paused: isPaused(setting, nowMs), stocked: stock.size(setting.name) }));
    const memorySlots = admission.slotsOf(states, nowMs);
    if (memorySlots !== null && admission.isWaitedFor()) alarm.at(nowMs + SHORT_AGAIN_MS);
    for (const planned of planClaims({ lanes: states, limitedTypes: limitedTypes(), unknownTypes, memorySlots })) track(claim(planned, nowMs));
  }

  function limitedTypes(): readonly LimitedType[] {
    const limited: LimitedType[] = [];
    for (const { type, concurrency } of options.types().values()) {
      if (concurrency !== null) limited.push({ type, concurrency, running: slots.runningOfType(type), reserved: reserved.get(type) ?? 0, ahead: aheadOfType(type) });
    }
    return limited;
  }

  async function claim(planned: PlannedClaim, nowMs: number): Promise<void> {
    const claimed = lanes.beginClaim(planned.lane, planned.denied);
    for (const [type, count] of planned.reserves) reserved.set(type, (reserved.get(type) ?? 0) + count);
    try {
      const leases = await queue.claim({ lane: planned.lane, limit: planned.limit, perType: planned.perType, nowMs, owner: options.owner });
      backoffMs = 0;
      unreserve(planned);
      admission.noteClaim(planned, leases);
      const excess = hand(planned, leases);
      claimed.done({ full: leases.length >= planned.limit, excess, aheadMin: Math.min(...[...new Set(leases.map((lease) => lease.type))].map(aheadOfType)) });
    } catch (error) {
      unreserve(planned);
      claimed.failed();
      fail(error);
    }
    askPump();
  }

  function unreserve(planned: PlannedClaim): void {
    for (const [type, count] of planned.reserves) reserved.set(type, (reserved.get(type) ?? 0) - count);
    if (planned.reserves.size > 0) lanes.wakeDenied(planned.lane);
  }

  /** Starts what there are slots for; returns how many leases had to be given back. State may have changed since the claim was planned. */
  function hand(planned: Pick<PlannedClaim, "lane" | "ahead">, leases: readonly Lease[]): number {
    const types = options.types();
    const known = leases.filter((lease) => types.has(lease.type) && !withdrawn.has(lease.jobId));
    if (known.length < leases.length) giveBackUnwanted(planned.lane, leases, types);
    const free = phase === "claiming" ? freeSlots(planned.lane) : 0;
    if (free <= 0 || known.length === 0) return keep(planned.lane, known);
    const { packs, excess } = packLeases(known, { slots: free, aheadOf: (type) => packOf(type, planned.ahead), slotsOf: (type) => slotsLeft(types.get(type)) });
    const unfit = packs.filter((pack) => startPack(types, pack) === "does-not-fit").flat();
    return (unfit.length === 0 ? 0 : giveBack(unfit)) + keep(planned.lane, excess);
  }

  /** What no slot can take now: kept for a moment when all of it is short work, else given back. */
  function keep(lane: string, leases: readonly Lease[]): number {
    if (leases.length === 0) return 0;
    if (phase !== "claiming" || openLane(lane) === undefined || stock.size(lane) + leases.length > CLAIM_LIMIT_MAX || !leases.every(isShort)) return giveBack(leases);
    stock.put(lane, leases);
    return 0;
  }

  function isShort({ type }: Lease): boolean {
    return aheadOfType(type) >= STOCK_AHEAD_MIN && options.types().get(type)?.concurrency === null;
  }

  /** By the lane's settings of this moment: it may have been paused or made smaller since the claim was planned. */
  function freeSlots(lane: string): number {
    const setting = openLane(lane);
    return setting === undefined ? 0 : setting.concurrency - slots.runningInLane(lane);
  }

  /** The lane as it is now; undefined when it is paused or gone. */
  function openLane(lane: string): LaneSetting | undefined {
    const nowMs = clock.nowMs();
    return options.lanes().find((each) => each.name === lane && !isPaused(each, nowMs));
  }

  function slotsLeft(jobType: JobType | undefined): number | null {
    if (jobType === undefined || jobType.concurrency === null) return null;
    return Math.max(0, jobType.concurrency - slots.runningOfType(jobType.type) - (reserved.get(jobType.type) ?? 0));
  }

  function startPack(types: ReadonlyMap<string, JobType>, pack: readonly Lease[]): "started" | "does-not-fit" {
    const [first] = pack;
    const jobType = types.get(first?.type ?? "");
    if (first === undefined || jobType === undefined) return "started";
    if (!admission.admit(jobType, first, clock.nowMs())) return "does-not-fit";
    slots.take(pack, memory.reservation(jobType, first.lane));
    try {
      options.start(jobType, pack);
    } catch (error) {
      for (const lease of pack) slots.end(lease);
      giveBack(pack);
      fail(error);
    }
    return "started";
  }

  function giveBack(leases: readonly Lease[]): number {
    track(returns.giveBack(leases));
    return leases.length;
  }

  function giveBackStock(): void {
    const leases = stock.takeAll();
    if (leases.length > 0) giveBack(leases);
  }

  /** What was cancelled on its way here, and what no module defines now: that is not asked for again until one does. */
  function giveBackUnwanted(lane: string, leases: readonly Lease[], types: ReadonlyMap<string, JobType>): void {
    const unwanted = leases.filter((lease) => !types.has(lease.type) || withdrawn.has(lease.jobId));
    for (const { type } of unwanted) if (!types.has(type)) unknownTypes.add(type);
    giveBack(unwanted);
    // Said once: somebody may have asked for the job anew meanwhile, and its next lease is wanted.
    for (const { jobId } of unwanted) if (withdrawn.delete(jobId)) lanes.wake(lane);
  }

  /** A type's pace may have changed a little since the claim was planned; what was asked for then still fits one slot. */
  function packOf(type: string, plannedAhead: number): number {
    const ahead = aheadOfType(type);
    return ahead > 1 ? Math.max(ahead, plannedAhead) : 1;
  }

  /** A process that is there for one attempt is handed one, however short they are. */
  function aheadOfType(type: string): number {
    return options.types().get(type)?.isolation === "process" ? 1 : aheadOf(paces.get(type) ?? NO_PACE);
  }

  function track(work: Promise<void>): void {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  /** A store that is full or failing is left in peace for a while, by all lanes together. */
  function fail(error: unknown): void {
    backoffMs = Math.min(Math.max(BACKOFF_MS_MIN, backoffMs * 2), BACKOFF_MS_MAX);
    quietUntilMonotonicMs = clock.monotonicMs() + backoffMs;
    if (phase !== "closed") alarm.at(clock.nowMs() + backoffMs);
    options.onError(error);
  }

  function ring(): void {
    lanes.wakeAll();
    if (returns.waiting()) track(returns.tryAgain());
    looksAsked += 1;
    if (!isLooking) track(lookAhead());
    askPump();
  }

  /** Sets the alarm for what the store holds. One question at a time, however often the alarm rings meanwhile. */
  async function lookAhead(): Promise<void> {
    isLooking = true;
    try {
      for (let answered = -1; answered !== looksAsked;) {
        answered = looksAsked;
        const dueMs = await queue.nextDueMs();
        if (phase !== "claiming") return;
        // Meanwhile the claim of one lane may have made a job of another lane ready.
        lanes.wakeAll();
        askPump();
        const nowMs = clock.nowMs();
        alarm.at(dueMs === null ? Number.POSITIVE_INFINITY : dueMs > nowMs ? dueMs : nowMs + DUE_AGAIN_MS);
      }
    } catch (error) {
      fail(error);
    } finally {
      isLooking = false;
    }
  }

  return {
    wake(lane) {
      if (lane === undefined) lanes.wakeAll();
      else lanes.wake(lane);
      askPump();
    },
    wakeAt(dueMs) {
      if (phase === "claiming") alarm.at(dueMs);
    },
    attemptEnded(lease, ending) {
      paces.set(lease.type, nextPace(paces.get(lease.type) ?? NO_PACE, ending));
      if (slots.end(lease) !== "freed") return;
      // Another lane may have been waiting for a slot of this type, or for memory.
      if ((options.types().get(lease.type)?.concurrency ?? null) !== null || admission.mayFitMore()) lanes.wakeAll();
      askPump();
    },
    giveBack(lease) {
      giveBack([lease]);
      // It is ready in the queue again.
      lanes.wake(lease.lane);
      askPump();
    },
    withdraw(jobId) {
      if (underWay.size > 0 || stock.lanes().length > 0) withdrawn.add(jobId);
    },
    runningInLane: slots.runningInLane,
    runningOfType: slots.runningOfType,
    load: () => ({ lanes: slots.lanes(), types: slots.types() }),
    memory: () => reportMemory({ memory, slots, types: options.types(), lanes: options.lanes(), rule: options.memory.rule, gate: options.memory.gate(), nowMs: clock.nowMs() }),
    pause() {
      if (phase === "claiming") phase = "paused";
      alarm.cancel();
      giveBackStock();
    },
    resume() {
      if (phase !== "paused") return;
      phase = "claiming";
      ring();
    },
    async close() {
      phase = "closed";
      alarm.cancel();
      giveBackStock();
      while (underWay.size > 0) await Promise.allSettled(underWay);
      if (returns.waiting()) await returns.tryAgain();
      alarm.cancel();
    },
  };
}

function isPaused(setting: LaneSetting, nowMs: number): boolean {
  const pause = setting.dispatchPaused;
  return pause !== null && (pause.untilMs === null || pause.untilMs > nowMs);
}
