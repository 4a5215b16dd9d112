import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { KernelLogWindow } from "../governor/index.ts";
import { describeOccurrence } from "../incident/index.ts";
import {
  budgetInLane,
  NO_BUDGET,
  shownLines,
  type AttemptEvidence,
  type AttemptRecord,
  type Autopsy,
  type Enforcement,
  type JobType,
  type LaneRecord,
  type Lease,
  type MachineState,
  type Neighbour,
  type RuntimeEvent,
  type Usage,
} from "../model/index.ts";
import type { Chance, Clock } from "../platform/index.ts";
import { decideNext } from "../policy/index.ts";
import { autopsyFromDisk, oomKillRise, readFlight } from "../recorder/index.ts";
import type { Store, UnfinishedAttempt } from "../store/ports.ts";
import { decideVerdict } from "../verdict/index.ts";
import { parseLedger, type LedgerEntry } from "../wire/index.ts";
import { tell } from "./run-attempt.ts";
import { rememberSizes, shapeOf, type TypicalSizes } from "./witness.ts";

export interface RecoverDeps {
  readonly store: Store;
  readonly owner: string;
  readonly types: ReadonlyMap<string, JobType>;
  readonly lanes: ReadonlyMap<string, LaneRecord>;
  readonly ledgerDirectory: string;
  readonly logDirectory: string;
  readonly flightDirectory: string;
  /** The machine now, to compare with what was recorded. */
  machine(): MachineState;
  readonly enforcement: Enforcement;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Last lines of a log from a byte on. */
  readTail(file: string, from: number): Promise<{ readonly lines: readonly string[]; readonly to: number }>;
  /** What the kernel said of memory and ended processes in this time; null when it may not be read. */
  readKernelLog(window: KernelLogWindow): Promise<readonly string[] | null>;
  publish(event: RuntimeEvent): void;
}

/** How far before the last sign of life the kernel's log is read; and how far behind it: a machine without memory can be slow to the point of silence. */
const KERNEL_LOG_SECONDS_BEFORE = 15;
const KERNEL_LOG_SECONDS_AFTER = 60;

/** Around the last sign of life: what the kernel did later has ended others. */
function kernelLogWindow(secondsAgo: number): KernelLogWindow {
  return { fromSecondsAgo: Math.ceil(secondsAgo) + KERNEL_LOG_SECONDS_BEFORE, toSecondsAgo: Math.max(0, Math.floor(secondsAgo) - KERNEL_LOG_SECONDS_AFTER) };
}

interface Begun extends LedgerEntry {
  readonly workerId: string;
}

/**
 * Settles what an earlier runtime of this data directory left open. Its processes have been ended before (by the kernel or by the sweep).
 * A lease that had begun ends as `lost`, with the evidence on disk; one that only waited in a worker is given back and costs nothing.
 */
export async function recoverUnfinished(deps: RecoverDeps): Promise<{ readonly lost: number; readonly givenBack: number }> {
  const begun = await readLedgers(deps.ledgerDirectory);
  const unfinished = await deps.store.unfinished(deps.owner);
  const sizes = rememberSizes(deps.store, deps.clock);
  // They died together: one reading, around the last sign of the first, serves all.
  let kernelLog: Promise<readonly string[] | null> | null = null;
  const readKernelLog = (window: KernelLogWindow): Promise<readonly string[] | null> => (kernelLog ??= deps.readKernelLog(window));
  const waiting: Lease[] = [];
  let lost = 0;
  for (const attempt of unfinished) {
    const entry = begun.get(attempt.lease.attemptId);
    if (entry === undefined) waiting.push(attempt.lease);
    else {
      await settleLost(attempt, entry, { neighbours: neighboursOf(attempt, entry, unfinished, begun), sizes, readKernelLog }, deps);
      lost += 1;
    }
  }
  if (waiting.length > 0) await deps.store.release(waiting);
  await rm(deps.ledgerDirectory, { recursive: true, force: true });
  if (unfinished.length > 0) {
    deps.publish({
      kind: "sweep.found",
      atMs: deps.clock.nowMs(),
      detail: `${waiting.length} leases had not begun and were given back`,
      processes: 0,
      attempts: lost,
    });
  }
  return { lost, givenBack: waiting.length };
}

async function readLedgers(directory: string): Promise<Map<string, Begun>> {
  const begun = new Map<string, Begun>();
  for (const workerId of await readdir(directory).catch(() => [])) {
    const entry = parseLedger(await readFile(join(directory, workerId), "latin1").catch(() => ""));
    if (entry !== null) begun.set(entry.attemptId, { ...entry, workerId });
  }
  return begun;
}

/** Who ran in the runtime that ended, and was lost with this one. */
function neighboursOf(attempt: UnfinishedAttempt, entry: Begun, unfinished: readonly UnfinishedAttempt[], begun: ReadonlyMap<string, Begun>): readonly Neighbour[] {
  return unfinished.flatMap(({ lease: { jobId, attemptId, type, lane } }) => {
    const other = begun.get(attemptId);
    if (other === undefined || attemptId === attempt.lease.attemptId) return [];
    return [{ jobId, attemptId, type, lane, startedAtMs: other.startedAtMs, sameWorker: other.workerId === entry.workerId }];
  });
}

async function settleLost(
  { lease, intent, owner }: UnfinishedAttempt,
  entry: Begun,
  found: { readonly neighbours: readonly Neighbour[]; readonly sizes: TypicalSizes; readKernelLog: RecoverDeps["readKernelLog"] },
  deps: RecoverDeps,
): Promise<void> {
  const jobType = deps.types.get(lease.type) ?? null;
  const nowMs = deps.clock.nowMs();
  const file = join(deps.logDirectory, `${entry.workerId}.log`);
  const tail = await deps.readTail(file, entry.logFrom);
  const machineNow = deps.machine();
  const recorded = autopsyFromDisk(await readFlight(deps.flightDirectory, entry.workerId, lease.attemptId), { logTail: shownLines(tail.lines), machineNow });
  const job = await deps.store.job(lease.jobId);
  // A note of an earlier attempt says nothing of this one.
  const progress = job?.progress != null && job.progress.atMs >= entry.startedAtMs ? job.progress : null;
  const sameBoot = isSameBoot(owner, deps.owner);
  const autopsy: Autopsy = {
    ...recorded,
    kernelLog: sameBoot ? await found.readKernelLog(kernelLogWindow((nowMs - (recorded.curve.at(-1)?.atMs ?? entry.startedAtMs)) / 1000)) : null,
    input: await shapeOf(lease, found.sizes),
    neighbours: found.neighbours,
    progressAtMs: progress?.atMs ?? null,
  };
  const evidence: AttemptEvidence = {
    kind: jobType?.kind ?? "module",
    budget: budgetInLane(jobType?.budget ?? NO_BUDGET, deps.lanes.get(lease.lane)?.memoryBytes ?? null),
    enforcement: deps.enforcement,
    launchFailure: null,
    intent,
    exit: null,
    report: null,
    fatalReport: null,
    kernel: { oomKill: null, ownLimitHit: null, machineOomKill: oomKillRise(autopsy.machineBefore, machineNow), pidsRefused: null },
    loop: { silentMs: 0, stack: [], state: null, nativeCall: false },
    usage: usageFrom(autopsy, entry.startedAtMs, tail.to - entry.logFrom, deps.enforcement),
    leaks: [],
    progress,
    logTail: tail.lines,
    autopsy,
    monitor: { samples: autopsy.curve.length, failedReads: 0, lagMsMax: 0 },
    lostOwner: {
      reason: sameBoot ? "supervisor-died" : "machine-rebooted",
      detail: `runtime ${owner} ended without a word while this attempt ran (ledger of worker ${entry.workerId})`,
    },
  };
  const verdict = decideVerdict(evidence);
  const cancelRequested = intent?.kind === "cancel";
  const next = decideNext({
    verdict,
    jobType,
    errors: lease.errors,
    deaths: lease.deaths,
    nowMs,
    fraction: deps.chance.fraction(),
    drain: intent?.kind === "drain",
    preempted: intent?.kind === "preempt",
    cancelRequested,
  });
  const attempt: AttemptRecord = {
    id: lease.attemptId,
    jobId: lease.jobId,
    attempt: lease.attempt,
    type: lease.type,
    lane: lease.lane,
    workerId: entry.workerId,
    pid: 0,
    startedAtMs: entry.startedAtMs,
    endedAtMs: nowMs,
    verdict,
    exit: null,
    usage: evidence.usage,
    leaks: [],
    enforcement: evidence.enforcement,
    budget: evidence.budget,
    log: { file, from: entry.logFrom, to: tail.to },
    next: next.kind,
    autopsy,
  };
  const occurrence = describeOccurrence(attempt, autopsy.release);
  const [outcome] = await deps.store.settle([{ lease, next, attempt, result: null, occurrence }]);
  if (outcome !== undefined && outcome !== "stale") tell({ attempt, occurrence, settled: outcome }, deps);
}

/** As far as the flight record goes: it was alive until its last sample at least. */
function usageFrom({ curve }: Autopsy, startedAtMs: number, outputBytes: number, enforcement: Enforcement): Usage {
  const last = curve.at(-1);
  return {
    wallSeconds: last === undefined ? 0 : Math.max(0, last.atMs - startedAtMs) / 1000,
    cpuSeconds: Math.max(0, ...curve.map(({ cpuSeconds }) => cpuSeconds ?? 0)),
    memoryPeakBytes: Math.max(0, ...curve.map(({ memoryBytes }) => memoryBytes)),
    pidsPeak: Math.max(0, ...curve.map(({ tasks }) => tasks)),
    outputBytes,
    memoryMethod: last === undefined ? "none" : enforcement.memory === "kernel" ? "cgroup" : "anon+shmem",
  };
}

/** An owner's name begins with the first eight digits of the boot's id. */
function isSameBoot(owner: string, ownOwner: string): boolean {
  return owner.split("-", 1)[0] === ownOwner.split("-", 1)[0];
}
