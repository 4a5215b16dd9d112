import { readKernelLog } from "../governor/index.ts";
import { shownLines, type Autopsy, type ExitStatus, type Intent } from "../model/index.ts";
import type { FlightLook, FlightSource, Recorder, WorkerFlight } from "../recorder/index.ts";
import type { AttemptItem } from "./attempt-item.ts";
import type { Sighting } from "./breach.ts";

/** Hands what a look saw to the attempt's flight record, which begins with its first look. */
export function recordLook(item: AttemptItem, seen: Sighting, flight: WorkerFlight, source: FlightSource): void {
  item.lastSeen = seen;
  item.track ??= flight.begin(item.lease.attemptId, source);
  item.track.note(toLook(item, seen));
}

/** A budget is broken and the tree still stands: looks at every process of it, once. */
export function recordBreach(item: AttemptItem, intent: Intent, flight: WorkerFlight, source: FlightSource): void {
  if (intent.kind === "cancel" || intent.kind === "drain" || intent.kind === "preempt" || item.lastSeen === null) return;
  item.track ??= flight.begin(item.lease.attemptId, source);
  item.track.closeUp(toLook(item, item.lastSeen));
}

function toLook(item: AttemptItem, seen: Sighting): FlightLook {
  const { budget, nowMs } = seen;
  const silentMs = seen.lastBeatAtMs === null ? null : nowMs - seen.lastBeatAtMs;
  return {
    memoryBytes: seen.memoryBytes,
    tasks: seen.tasks,
    outputBytes: seen.outputBytes,
    progress: item.progress?.done ?? null,
    loopSilentMs: silentMs,
    share: Math.max(
      shareOf(seen.memoryBytes, budget.memoryBytes),
      shareOf(seen.tasks, budget.pids),
      shareOf(seen.outputBytes, budget.outputBytes),
      shareOf(nowMs - seen.lastProgressAtMs, budget.stallMs),
      shareOf(silentMs ?? 0, budget.blockMs),
    ),
  };
}

function shareOf(used: number, limit: number | null): number {
  return limit === null ? 0 : used / limit;
}

/** How far back the kernel's log is read at a death that nobody of us caused. */
const KERNEL_LOG_SECONDS = 15;

/** What the supervisor keeps of an abnormal end. Input, neighbours and release are added by those who know them. */
export async function performAutopsy(item: AttemptItem, end: { readonly exit: ExitStatus | null; readonly logTail: readonly string[] }, recorder: Recorder): Promise<Autopsy> {
  const isUnexplained = end.exit?.signal != null && item.intent === null;
  return {
    ...autopsyOf(item, end.logTail, recorder),
    kernelLog: isUnexplained ? await readKernelLog({ fromSecondsAgo: KERNEL_LOG_SECONDS, toSecondsAgo: 0 }) : null,
  };
}

/** The same without asking the kernel's log: for a program that said itself what went wrong. */
export function autopsyOf(item: AttemptItem, logTail: readonly string[], recorder: Recorder): Autopsy {
  const { track } = item;
  return {
    curve: track?.curve() ?? [],
    curveSource: "memory",
    tree: track?.tree() ?? null,
    machineBefore: track?.machineBefore() ?? null,
    machineAfter: recorder.machine(),
    kernelLog: null,
    logTail: shownLines(logTail),
    checkpoint: item.checkpointed,
    progressAtMs: item.progress?.atMs ?? null,
    input: null,
    neighbours: [],
    release: null,
  };
}

/** Whether there is anything to explain: a clean end costs nothing more. */
export function isClean(item: AttemptItem, exit: ExitStatus | null): boolean {
  if (item.intent !== null) return false;
  if (item.jobType.kind === "command") return exit?.code === 0;
  return exit === null && item.report?.kind === "returned";
}
