import type { Fault } from "./chaos.ts";

/** One look at the whole tree of an attempt, as the flight recorder keeps it. Numbers that were not read are null, never 0. */
export interface FlightSample {
  /** Unix ms. */
  readonly atMs: number;
  readonly memoryBytes: number;
  /** Threads and processes. */
  readonly tasks: number;
  /** CPU that the attempt had used; null where it was not looked up. */
  readonly cpuSeconds: number | null;
  /** Open files of all its processes. */
  readonly openFiles: number | null;
  readonly outputBytes: number;
  /** Done so far, as the job reported it. */
  readonly progress: number | null;
  /** How long its event loop had said nothing; null where there is none to hear (commands). */
  readonly loopSilentMs: number | null;
  /** Memory that the machine (or its container) still has. */
  readonly availableBytes: number | null;
  /** Share of the last ten seconds in which somebody waited for memory, percent (PSI "some"). */
  readonly memoryStallPercent: number | null;
}

/** Order of a sample's numbers on disk. Only ever add at the end. */
const SAMPLE_FIELDS = [
  "atMs",
  "memoryBytes",
  "tasks",
  "cpuSeconds",
  "openFiles",
  "outputBytes",
  "progress",
  "loopSilentMs",
  "availableBytes",
  "memoryStallPercent",
] as const satisfies readonly (keyof FlightSample)[];

/** A sample as it is written: its numbers in a fixed order. */
export function packSample(sample: FlightSample): readonly (number | null)[] {
  return SAMPLE_FIELDS.map((field) => sample[field]);
}

/** Reads a packed sample; null when it is not one. Fields that an older version did not know are null. */
export function unpackSample(values: readonly unknown[]): FlightSample | null {
  const at = (field: (typeof SAMPLE_FIELDS)[number]): number | null => {
    const value = values[SAMPLE_FIELDS.indexOf(field)];
    return typeof value === "number" ? value : null;
  };
  const atMs = at("atMs");
  const memoryBytes = at("memoryBytes");
  const tasks = at("tasks");
  if (atMs === null || memoryBytes === null || tasks === null) return null;
  return {
    atMs,
    memoryBytes,
    tasks,
    cpuSeconds: at("cpuSeconds"),
    openFiles: at("openFiles"),
    outputBytes: at("outputBytes") ?? 0,
    progress: at("progress"),
    loopSilentMs: at("loopSilentMs"),
    availableBytes: at("availableBytes"),
    memoryStallPercent: at("memoryStallPercent"),
  };
}

/** One process of a tree at one moment. */
export interface ProcessShare {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
  /** R running, S sleeping, D uninterruptible, T stopped. */
  readonly state: string;
  readonly threads: number;
  /** Own anonymous and shared memory; null when it could not be read. */
  readonly memoryBytes: number | null;
  readonly cpuSeconds: number;
}

export interface TreeListing {
  readonly atMs: number;
  readonly processes: readonly ProcessShare[];
  /** Processes beyond those that are listed. */
  readonly more: number;
  /** Whether it was taken when the end was decided, or is the last one on record before it. */
  readonly taken: "at-the-end" | "before-the-end";
}

/** The machine and the container around the runtime. Null where this system does not say. */
export interface MachineState {
  readonly atMs: number;
  readonly bootId: string;
  readonly totalBytes: number | null;
  readonly availableBytes: number | null;
  /** PSI of the last ten seconds, percent. */
  readonly memorySomePercent: number | null;
  readonly memoryFullPercent: number | null;
  readonly cpuSomePercent: number | null;
  readonly ioSomePercent: number | null;
  /** Out-of-memory kills since boot, anywhere on the machine (/proc/vmstat oom_kill). */
  readonly oomKills: number | null;
  readonly container: ContainerState | null;
}

/** The cgroup that the runtime itself lives in, when it has a memory limit. */
export interface ContainerState {
  /** Inode of its directory: another number is another container, whose counters began anew. */
  readonly inode: number;
  readonly limitBytes: number;
  readonly usedBytes: number | null;
  /** Out-of-memory kills in it, since it was made. */
  readonly oomKills: number | null;
  /** How often the kernel killed it as a whole (memory.oom.group). */
  readonly groupKills: number | null;
}

export interface InputShape {
  readonly bytes: number;
  /** First 16 hex digits of the SHA-256 of its JSON text. */
  readonly fingerprint: string;
  /** Inputs of this type that succeeded lately; null when there were none. */
  readonly typical: { readonly count: number; readonly medianBytes: number; readonly p95Bytes: number; readonly maxBytes: number } | null;
}

/** Another attempt that was running when this one ended. */
export interface Neighbour {
  readonly jobId: string;
  readonly attemptId: string;
  readonly type: string;
  readonly lane: string;
  readonly startedAtMs: number | null;
  /** Whether it lived in the same worker process. */
  readonly sameWorker: boolean;
}

/** A file that an attempt's end has left for whoever looks into it. A snapshot that was not written to its end is not kept. */
export type Artifact =
  | { readonly kind: "heap-snapshot"; readonly state: "finished"; readonly file: string; readonly bytes: number }
  | { readonly kind: "heap-snapshot"; readonly state: "not-finished"; readonly file: null; readonly bytes: null };

/** What is kept of an abnormal end beside its verdict: enough to judge it again later. Nothing of it is gathered for a clean end. */
export interface Autopsy {
  /** Oldest first; thinned out evenly when the attempt was long. */
  readonly curve: readonly FlightSample[];
  /** Where the curve was read. */
  readonly curveSource: "memory" | "flight file";
  readonly tree: TreeListing | null;
  readonly machineBefore: MachineState | null;
  readonly machineAfter: MachineState | null;
  /** Lines of the kernel's log about memory and kills around the end; null when it may not be read. */
  readonly kernelLog: readonly string[] | null;
  /** Fewer lines than the evidence has: as many as are shown. */
  readonly logTail: readonly string[];
  readonly checkpoint: { readonly atMs: number; readonly bytes: number } | null;
  readonly progressAtMs: number | null;
  readonly input: InputShape | null;
  readonly neighbours: readonly Neighbour[];
  /** What the operator calls the code that ran (setting `release`). */
  readonly release: string | null;
  /** Left out: none. */
  readonly artifacts?: readonly Artifact[];
  /** What fault injection did to it. */
  readonly injected?: Fault | null;
}

const SHOWN_LINES = 20;
const SHOWN_LENGTH_MAX = 8192;

/** The last lines of a log that are kept and shown. */
export function shownLines(lines: readonly string[]): readonly string[] {
  const text = lines.slice(-SHOWN_LINES).join("\n").slice(-SHOWN_LENGTH_MAX);
  return text === "" ? [] : text.split("\n");
}
