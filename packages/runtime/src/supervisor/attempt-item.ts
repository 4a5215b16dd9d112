import type {
  AttemptEvidence,
  Autopsy,
  Enforcement,
  ExitStatus,
  FatalReport,
  Intent,
  JobType,
  KernelRises,
  LaunchFailure,
  Leak,
  Lease,
  LoopState,
  ProgressInfo,
  Report,
  Rest,
} from "../model/index.ts";
import type { FlightTrack } from "../recorder/index.ts";
import type { Sighting } from "./breach.ts";
import type { AttemptEnd, AttemptListener } from "./ports.ts";
import type { StageBoard } from "./stage-board.ts";
import { Bell } from "./bell.ts";
import type { Watch } from "./watch.ts";

/** One lease on its way through one worker. */
export interface AttemptItem {
  readonly lease: Lease;
  readonly jobType: JobType;
  readonly listener: AttemptListener;
  readonly resolve: (end: AttemptEnd) => void;
  /** Rung when the job itself has ended, or its process has. */
  readonly ownEnd: Bell;
  /** Rung when somebody who asked for its end wants it at once. */
  readonly hurry: Bell;
  /** Opened when it is looked at for the first time; see first-look.ts. */
  watch: Watch | null;
  /** Made when the job enters its first stage. */
  stages: StageBoard | null;
  /** Its flight record; null until the first look: what ends before one has none. */
  track: FlightTrack | null;
  lastSeen: Sighting | null;
  checkpointed: { readonly atMs: number; readonly bytes: number } | null;
  startedAtMs: number;
  startedMonotonicMs: number;
  endedAtMs: number;
  wallMs: number;
  cpuSeconds: number;
  logFrom: number;
  logTo: number;
  /** Where its log ended when the stack was taken. */
  logEnd: number | null;
  report: Report | null;
  result: string | null;
  rest: Rest | null;
  progress: ProgressInfo | null;
  /** Set once: the first intent is why it ended. */
  intent: Intent | null;
  graceMs: number;
  loop: LoopState;
  /** What the kernel's counters rose by while it ran, when they were read at its end. */
  kernel: KernelRises;
  leaks: readonly Leak[];
}

export const FREE_LOOP: LoopState = { silentMs: 0, stack: [], state: null, nativeCall: false };
export const NO_RISES: KernelRises = { oomKill: null, ownLimitHit: null, machineOomKill: null, pidsRefused: null };

export function createItem(lease: Lease, jobType: JobType, listener: AttemptListener): { readonly item: AttemptItem; readonly end: Promise<AttemptEnd> } {
  const { promise: end, resolve } = Promise.withResolvers<AttemptEnd>();
  const item: AttemptItem = {
    lease,
    jobType,
    listener,
    resolve,
    ownEnd: new Bell(),
    hurry: new Bell(),
    watch: null,
    stages: null,
    track: null,
    lastSeen: null,
    checkpointed: null,
    startedAtMs: 0,
    startedMonotonicMs: 0,
    endedAtMs: 0,
    wallMs: 0,
    cpuSeconds: 0,
    logFrom: 0,
    logTo: 0,
    logEnd: null,
    report: null,
    result: null,
    rest: null,
    progress: null,
    intent: null,
    graceMs: jobType.graceMs,
    loop: FREE_LOOP,
    kernel: NO_RISES,
    leaks: [],
  };
  return { item, end };
}

/** What is known beside the item itself when an attempt ends. */
export interface EndFacts {
  readonly enforcement: Enforcement;
  readonly launchFailure: LaunchFailure | null;
  readonly exit: ExitStatus | null;
  readonly fatalReport: FatalReport | null;
  readonly kernel: KernelRises;
  readonly logTail: readonly string[];
  readonly autopsy: Autopsy | null;
}

export function buildEvidence(item: AttemptItem, facts: EndFacts): AttemptEvidence {
  const peaks = item.watch?.peaks();
  return {
    kind: item.jobType.kind,
    budget: item.jobType.budget,
    enforcement: facts.enforcement,
    launchFailure: facts.launchFailure,
    intent: item.intent,
    exit: facts.exit,
    report: item.report,
    fatalReport: facts.fatalReport,
    kernel: facts.kernel,
    loop: item.loop,
    usage: {
      wallSeconds: round(item.wallMs / 1000, 6),
      cpuSeconds: round(Math.max(item.cpuSeconds, 0), 6),
      memoryPeakBytes: memoryPeak(item, facts.kernel, peaks?.memoryBytes ?? 0),
      // What ended between two looks was one process at least.
      pidsPeak: item.startedAtMs === 0 ? 0 : Math.max(1, peaks?.tasks ?? 0),
      outputBytes: Math.max(0, item.logTo - item.logFrom),
      memoryMethod: peaks?.memoryMethod ?? "none",
    },
    leaks: item.leaks,
    progress: item.progress,
    ...(item.stages === null ? {} : { stages: item.stages.seen() }),
    logTail: facts.logTail,
    autopsy: facts.autopsy,
    monitor: item.watch?.monitor() ?? { samples: 0, failedReads: 0, lagMsMax: 0 },
    lostOwner: null,
  };
}

/** When the kernel ended it at our limit between two samples, the limit was the peak. */
function memoryPeak(item: AttemptItem, kernel: KernelRises, sampled: number): number {
  const limit = item.jobType.budget.memoryBytes;
  return limit !== null && (kernel.oomKill ?? 0) > 0 && kernel.ownLimitHit === true ? Math.max(sampled, limit) : sampled;
}

function round(value: number, digits: number): number {
  const unit = 10 ** digits;
  return Math.round(value * unit) / unit;
}
