import type { Census } from "./census.ts";
import type { Cgroup } from "./cgroup.ts";
import { readAnonymousBytes } from "./proc.ts";

const TICKS_PER_SECOND = 100;
/** Ten workers that look within this time share one scan of /proc. */
export const SCAN_AGE_MS_MAX = 20;

/** What the whole tree uses now. */
export interface TreeSample {
  readonly memoryBytes: number;
  readonly memoryMethod: "cgroup" | "anon+shmem";
  /** Threads and processes. */
  readonly tasks: number;
  /** CPU used by the tree since its start, as far as living processes tell (exact with a v2 cgroup); null when it was not asked for. */
  readonly cpuSeconds: number | null;
  /** False when a read failed or a living tree measured nothing: the monitor is then broken, the tree is not healthy. */
  readonly trustworthy: boolean;
}

/** Reads one sample: 20 to 100 µs from cgroups, about 40 µs a process from /proc. The CPU is dear in a cgroup: the kernel adds up its statistics for it. */
export function sampleTree(census: Census, cgroup: Cgroup | null, wish: "with-cpu" | "without-cpu"): TreeSample {
  const charged = cgroup?.chargedBytes() ?? null;
  const chargedTasks = cgroup?.tasks() ?? null;
  const cpuMicros = wish === "with-cpu" ? (cgroup?.cpuMicros() ?? null) : null;
  if (charged !== null && chargedTasks !== null && (cpuMicros !== null || wish === "without-cpu")) {
    return {
      memoryBytes: charged,
      memoryMethod: "cgroup",
      tasks: chargedTasks,
      cpuSeconds: cpuMicros === null ? null : cpuMicros / 1e6,
      trustworthy: charged > 0 && chargedTasks > 0,
    };
  }
  let memoryBytes = 0;
  let tasks = 0;
  let cpuTicks = 0;
  const members = census.members(SCAN_AGE_MS_MAX);
  for (const member of members) {
    tasks += member.threads;
    cpuTicks += member.cpuTicks;
    if (charged === null) memoryBytes += readAnonymousBytes(member.pid) ?? 0;
  }
  const bytes = charged ?? memoryBytes;
  return {
    memoryBytes: bytes,
    memoryMethod: charged === null ? "anon+shmem" : "cgroup",
    tasks: chargedTasks ?? tasks,
    cpuSeconds: cpuMicros === null ? cpuTicks / TICKS_PER_SECOND : cpuMicros / 1e6,
    trustworthy: members.length > 0 && bytes > 0,
  };
}
