import { formatBytes, formatDuration, isTrouble, type AttemptRecord, type Cause, type Fact, type IncidentRecord, type Verdict } from "../model/index.ts";
import { memorySlope } from "./trigger.ts";

export interface Recommendation {
  readonly text: string;
  /** The numbers in the text, and where they come from. */
  readonly numbers: readonly Fact[];
}

const MEBIBYTE = 1024 ** 2;
const HEADROOM = 1.5;
/** Growth of more than this much of the budget in a minute will fill any budget. */
const LEAKING_SHARE_PER_MINUTE = 0.1;

const WORDS: Readonly<Partial<Record<Cause, string>>> = {
  failed: "Read the error and the first frame of the job's own code.",
  exited: "Look at the end of the log. In modules: return or throw, do not call process.exit.",
  "oom-killed": "Lower the concurrency of the lane, or the memory budgets, so that their sum fits the machine.",
  "over-pids": "Look for a fork loop or for browsers that are not closed: threads count.",
  "resource-exhausted": "Free or raise what the summary names: disk, open files, the container's pids limit.",
  "over-output": "Log less, or raise budget.output; the end of the log shows what repeats.",
  crashed: "Look for native modules and library versions; a core dump tells more.",
  killed: "Ask the system's log at that time: kill, container stops, systemd-oomd, earlyoom.",
  "lock-contention": "If it repeats: shorter transactions, a busy timeout, a concurrency of 1 for the type.",
  lost: "Look why the runtime ended; use checkpoints, so that the next attempt goes on where this one was.",
  stalled: "It waits for something without a time limit: give requests, locks and pages one.",
};

/** What to do next, with the numbers that it rests on. */
export function recommend(incident: IncidentRecord, attempt: AttemptRecord | null): Recommendation {
  const cause = isTrouble(incident.cause) ? null : incident.cause;
  const words = (cause === null ? undefined : WORDS[cause]) ?? "See docs/verdicts.md.";
  if (attempt === null) return { text: words, numbers: [] };
  switch (cause) {
    case "over-memory":
      return forMemory(attempt);
    case "out-of-heap":
      return forHeap(attempt);
    case "over-time":
      return forTime(attempt);
    case "blocked":
      return forBlocked(attempt);
    case "stalled":
      return wasHeld(attempt.verdict) ? HELD : { text: words, numbers: [] };
    default:
      return { text: words, numbers: [] };
  }
}

/** A fact of the verdict by its name. */
function valueOf({ evidence }: Verdict, name: string): Fact["value"] {
  return evidence.find(({ fact }) => fact === name)?.value ?? null;
}

/** What no budget of memory changes, first. */
function forHeap(attempt: AttemptRecord): Recommendation {
  const { verdict } = attempt;
  const elements = valueOf(verdict, "elements of the structure that V8 refused");
  if (elements !== null)
    return {
      text: "No budget changes this: V8 holds no structure of that size. Keep the data in several arrays, maps or strings, or process it in pieces.",
      numbers: [{ fact: "elements of the structure that V8 refused", value: elements, source: "log" }],
    };
  if (verdict.error?.code === "ERR_WORKER_OUT_OF_MEMORY")
    return { text: "A worker thread has a heap of its own: raise its resourceLimits if the work needs it; else process in pieces.", numbers: [] };
  return forMemory(attempt);
}

function forMemory({ usage, budget, autopsy }: AttemptRecord): Recommendation {
  const peak: Fact = { fact: "peak memory of the tree, bytes", value: usage.memoryMethod === "none" ? null : usage.memoryPeakBytes, source: `samples (${usage.memoryMethod})` };
  const limit: Fact = { fact: "memory budget, bytes", value: budget.memoryBytes, source: "budget" };
  const slope = memorySlope(autopsy?.curve ?? []);
  const largest = autopsy?.tree?.processes[0];
  const who = largest === undefined ? "" : ` The largest process was ${largest.command.slice(0, 80)}.`;
  if (slope !== null && budget.memoryBytes !== null && slope.bytesPerSecond * 60 > budget.memoryBytes * LEAKING_SHARE_PER_MINUTE)
    return {
      text: `Memory still grew by ${formatBytes(slope.bytesPerSecond)} a second when it ended, so a larger budget only delays the end: process in pieces, or find what is kept.${who}`,
      numbers: [peak, limit, { fact: `growth over the last ${slope.seconds} s, bytes per second`, value: slope.bytesPerSecond, source: "flight record" }],
    };
  const suggested = Math.ceil((Math.max(usage.memoryPeakBytes, budget.memoryBytes ?? 0) * HEADROOM) / (64 * MEBIBYTE)) * 64 * MEBIBYTE;
  return {
    text: `If the work needs it, raise budget.memory to ${formatBytes(suggested)} (${HEADROOM} times the peak or the budget, whichever is more, rounded up to 64 MiB); else process in pieces.${who}`,
    numbers: [peak, limit, { fact: "suggested budget, bytes", value: suggested, source: "computed: peak and budget" }],
  };
}

function forTime({ usage, budget, verdict, autopsy }: AttemptRecord): Recommendation {
  const progress = autopsy?.curve.findLast((sample) => sample.progress !== null) ?? null;
  const stage = valueOf(verdict, "stage");
  const limitMs = stage === null ? budget.timeMs : Number(valueOf(verdict, "time limit"));
  const numbers: Fact[] = [
    { fact: "wall time, seconds", value: usage.wallSeconds, source: "supervisor clock" },
    { fact: stage === null ? "time budget, milliseconds" : "time limit of the stage, milliseconds", value: limitMs, source: stage === null ? "budget" : "journal: intent" },
  ];
  if (wasHeld(verdict)) return { ...HELD, numbers };
  if (verdict.stack.length > 0) return { text: "Its thread was busy when it ended: go to the first frame of the stack.", numbers };
  if (progress?.progress == null || progress.progress <= 0) return { text: "It reported no progress: report it, and find out what it waited for.", numbers };
  const rate = Number((progress.progress / Math.max(usage.wallSeconds, 0.001)).toFixed(2));
  return {
    text: `It made progress at ${rate} a second until the end: use checkpoints, so that the next attempt goes on, or raise ${stage === null ? "budget.time" : `the time of stage ${stage}`} above ${formatDuration(limitMs ?? 0)}.`,
    numbers: [
      ...numbers,
      { fact: "progress at the last sample", value: progress.progress, source: "flight record" },
      { fact: "progress per second", value: rate, source: "computed: progress and wall time" },
    ],
  };
}

function forBlocked({ verdict }: AttemptRecord): Recommendation {
  const frame = verdict.stack[0];
  if (wasHeld(verdict)) return HELD;
  if (frame !== undefined) return { text: "Go to the first frame: that line is where it hangs.", numbers: [{ fact: "innermost frame", value: frame, source: "inspector" }] };
  const state = valueOf(verdict, "state of the main thread");
  if (state === "sleeping" || state === "uninterruptible")
    return { text: "It waited inside a native call: look for execSync, a lock, or a file on a slow or absent disk.", numbers: [] };
  if (valueOf(verdict, "no frame came: inside a native call") === true)
    return { text: "It hung inside a native call: look for JSON.parse or sort on something large.", numbers: [] };
  return { text: "Where it hung could not be read. When it hangs again: cofferdam profile <job> --cpu.", numbers: [] };
}

const HELD: Recommendation = {
  text: "Something outside stopped its process (SIGSTOP), and did not let it go on: look for a debugger, a terminal, a container that was paused. The job may be healthy.",
  numbers: [],
};

/** Whether its process was stopped when it ended: what it was doing then is not what was wrong with it. */
function wasHeld(verdict: Verdict): boolean {
  return valueOf(verdict, "state of the main thread") === "stopped" || verdict.hypotheses.some(({ cause, confidence }) => cause === "operator" && confidence === "likely");
}
