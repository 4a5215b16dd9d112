import type { TreeSample } from "../governor/index.ts";
import type { Budget, Enforcement, Intent, KernelRises, MonitorState } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import { FIRST_LOOK_MS } from "./first-look.ts";
import type { StageDeadline } from "./stage-board.ts";
import { CALM_MS, KERNEL_CALM_MS, WARM_MS, findBreach, lookAgainMs, nextDeadlineMs, type Sighting } from "./breach.ts";

/** What the watch reads. Each call is a synchronous read of some tens of microseconds. */
export interface Watched {
  readonly budget: Budget;
  /** loading: the job's module is being read first, which is not the job's doing; `loaded()` says that it has been. */
  readonly loop: "none" | "running" | "loading";
  /** When the event loop last turned, Unix milliseconds, where that can be looked up; null or left out: it says so by `beat()`. */
  beatAtMs?(): number | null;
  /** How long the thread of the event loop has been ready to run and waited for a CPU since it began, ms; null or left out: not known. */
  starvedMs?(): number | null;
  /** Who holds the memory and pids limits. */
  readonly enforcement: Pick<Enforcement, "memory" | "pids">;
  /** Whether output counts as a sign of progress (commands). */
  readonly outputIsProgress: boolean;
  sample(wish: "with-cpu" | "without-cpu"): TreeSample;
  kernelRises(): KernelRises;
  outputBytes(): number;
  /** The open stage that must end first. */
  stage?(): StageDeadline | null;
  onBreach(intent: Intent): void;
  /** What a look saw, before it is judged: the flight recorder's. */
  onSeen?(seen: Sighting): void;
  /** Called at each look; the pool uses it to take back what waits behind a long attempt. */
  onLook?(elapsedMs: number): void;
}

export interface Peaks {
  readonly memoryBytes: number;
  readonly tasks: number;
  readonly cpuSeconds: number;
  readonly memoryMethod: TreeSample["memoryMethod"] | "none";
}

/** The eye on one attempt, from its start to its end. */
export interface Watch {
  readonly startedAtMs: number;
  /** The module has been read: the block and stall budgets begin with the job's own code. */
  loaded(): void;
  progressed(): void;
  beat(): void;
  /** How long the event loop has said nothing. */
  silentMs(): number;
  /** Looks at once: somebody saw a limit being passed. */
  lookNow(): void;
  /** One more sample now, for short attempts that ended between two looks. */
  sampleNow(): void;
  peaks(): Peaks;
  monitor(): MonitorState;
  stop(): void;
}

/** A module may take this long to be read, compiled and run, also with a shorter block or stall budget: on a busy machine that says nothing of the job. */
const LOADING_MS_MAX = 30_000;
/** When our own timer was this late we look again only after the messages that wait have been read. */
const LAG_MS = 200;
/** A beat that is younger than this needs no look. */
const BEAT_AGE_MS_MAX = 100;

/** `startedAtMs`: when the attempt began, by the monotonic clock; its watch may be opened later. */
export function watchAttempt(clock: Clock, startedAtMs: number, watched: Watched): Watch {
  /** From where a budget counts until the module has been read. */
  const countedFrom = (budgetMs: number | null): number => startedAtMs + (watched.loop === "loading" ? Math.max(0, LOADING_MS_MAX - (budgetMs ?? 0)) : 0);
  let lastProgressAtMs = countedFrom(watched.budget.stallMs);
  let lastBeatAtMs = countedFrom(watched.budget.blockMs);
  /** What the loop's thread has waited for a CPU: up to the last look, and up to the look before its last beat. */
  let starved: { readonly totalMs: number; readonly byBeatMs: number; readonly beatAtMs: number } | null = null;
  let lastOutputBytes = 0;
  let memoryPeak = 0;
  let tasksPeak = 0;
  let cpuSeconds = 0;
  let memoryMethod: Peaks["memoryMethod"] = "none";
  let samples = 0;
  let failedReads = 0;
  let lagMsMax = 0;
  let isStopped = false;
  let lastSighting: Sighting | null = null;
  let cancelTimer = schedule(startedAtMs + Math.min(FIRST_LOOK_MS, watched.budget.timeMs ?? FIRST_LOOK_MS));

  function schedule(dueAtMs: number): () => void {
    return clock.after(Math.max(0, dueAtMs - clock.monotonicMs()), () => onTimer(dueAtMs));
  }

  function onTimer(dueAtMs: number): void {
    if (isStopped) return;
    const lagMs = clock.monotonicMs() - dueAtMs;
    lagMsMax = Math.max(lagMsMax, lagMs);
    // We were late, not the job: read what it said meanwhile before judging it.
    if (lagMs > LAG_MS) setImmediate(look);
    else look();
  }

  function look(): void {
    if (isStopped) return;
    takeSample("without-cpu");
    const seen = sight();
    watched.onSeen?.(seen);
    const breach = findBreach(seen);
    if (breach !== null) {
      isStopped = true;
      watched.onBreach({ ...breach, atMs: clock.nowMs() });
      return;
    }
    watched.onLook?.(seen.nowMs - startedAtMs);
    const intervalMs = lookAgainMs(seen, lastSighting);
    lastSighting = seen;
    cancelTimer = schedule(clock.monotonicMs() + Math.max(1, Math.min(together(intervalMs, seen.nowMs), nextDeadlineMs(seen))));
  }

  let lastSample: TreeSample = { memoryBytes: 0, memoryMethod: "cgroup", tasks: 0, cpuSeconds: 0, trustworthy: true };

  function takeSample(wish: "with-cpu" | "without-cpu"): void {
    const sample = watched.sample(wish);
    samples += 1;
    if (!sample.trustworthy) {
      failedReads += 1;
      return;
    }
    lastSample = sample;
    memoryMethod = sample.memoryMethod;
    memoryPeak = Math.max(memoryPeak, sample.memoryBytes);
    tasksPeak = Math.max(tasksPeak, sample.tasks);
    cpuSeconds = Math.max(cpuSeconds, sample.cpuSeconds ?? 0);
  }

  /** Looks up the last beat, unless it was heard just now. */
  function hearBeat(): void {
    const nowMs = clock.monotonicMs();
    if (watched.beatAtMs === undefined || nowMs - lastBeatAtMs < BEAT_AGE_MS_MAX) return;
    const atMs = watched.beatAtMs();
    if (atMs !== null) lastBeatAtMs = Math.max(lastBeatAtMs, nowMs - Math.max(0, clock.nowMs() - atMs));
  }

  /** Since the last beat, and up to a look more: a loop that gets no CPU is not blocked. */
  function starvedSinceBeatMs(): number {
    const totalMs = watched.starvedMs?.() ?? null;
    if (totalMs === null) return 0;
    const before = starved;
    if (before === null || lastBeatAtMs > before.beatAtMs + BEAT_AGE_MS_MAX) starved = { totalMs, byBeatMs: before?.totalMs ?? totalMs, beatAtMs: lastBeatAtMs };
    else starved = { ...before, totalMs };
    return totalMs - starved.byBeatMs;
  }

  function heard(): void {
    lastProgressAtMs = clock.monotonicMs();
    lastBeatAtMs = lastProgressAtMs;
  }

  function sight(): Sighting {
    const nowMs = clock.monotonicMs();
    hearBeat();
    const outputBytes = watched.outputBytes();
    if (watched.outputIsProgress && outputBytes > lastOutputBytes) lastProgressAtMs = nowMs;
    lastOutputBytes = outputBytes;
    const rises = watched.kernelRises();
    return {
      budget: watched.budget,
      nowMs,
      startedAtMs,
      lastProgressAtMs,
      lastBeatAtMs: watched.loop === "none" ? null : lastBeatAtMs,
      starvedMs: starvedSinceBeatMs(),
      memoryBytes: lastSample.memoryBytes,
      tasks: lastSample.tasks,
      outputBytes,
      memoryLimiter: watched.enforcement.memory,
      pidsLimiter: watched.enforcement.pids,
      oomKills: rises.oomKill,
      ownLimitHit: rises.ownLimitHit,
      pidsRefused: rises.pidsRefused,
      stage: watched.stage?.() ?? null,
    };
  }

  return {
    startedAtMs,
    loaded: heard,
    progressed: heard,
    beat() {
      lastBeatAtMs = Math.max(lastBeatAtMs, clock.monotonicMs());
    },
    silentMs() {
      if (watched.loop === "none") return 0;
      hearBeat();
      return Math.max(0, clock.monotonicMs() - lastBeatAtMs);
    },
    lookNow() {
      cancelTimer();
      look();
    },
    sampleNow: () => takeSample("with-cpu"),
    peaks: () => ({ memoryBytes: memoryPeak, tasks: tasksPeak, cpuSeconds, memoryMethod }),
    monitor: () => ({ samples, failedReads, lagMsMax: Math.round(lagMsMax) }),
    stop() {
      isStopped = true;
      cancelTimer();
    },
  };
}

/** Unhurried looks of all attempts fall on the same moments: one wake-up of this process serves them all. */
function together(intervalMs: number, nowMs: number): number {
  const isUnhurried = intervalMs === KERNEL_CALM_MS || intervalMs === CALM_MS || intervalMs === WARM_MS;
  return isUnhurried ? intervalMs - (nowMs % intervalMs) : intervalMs;
}
