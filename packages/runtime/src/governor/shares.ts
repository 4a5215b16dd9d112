import { readdirSync, statSync } from "node:fs";
import type { ProcessShare } from "../model/index.ts";
import { readAnonymousBytes, readCommandLine, type ProcessStat } from "./proc.ts";

const TICKS_PER_SECOND = 100;

/** Who used what in a tree, the largest first. About 60 µs a process: only at warnings, at the end, and now and then. */
export function readShares(members: readonly ProcessStat[]): readonly ProcessShare[] {
  return members
    .map((stat) => ({
      pid: stat.pid,
      parentPid: stat.parentPid,
      command: readCommandLine(stat.pid) || stat.name,
      state: stat.state,
      threads: stat.threads,
      memoryBytes: readAnonymousBytes(stat.pid),
      cpuSeconds: stat.cpuTicks / TICKS_PER_SECOND,
    }))
    .sort((a, b) => (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0) || a.pid - b.pid);
}

/** Open files of all members; null when none of them may be asked. */
export function countOpenFiles(members: readonly ProcessStat[]): number | null {
  let count: number | null = null;
  for (const { pid } of members) {
    const open = openFilesOf(pid);
    if (open !== null) count = (count ?? 0) + open;
  }
  return count;
}

/** Linux 6.2 and later give the number as the directory's size. */
function openFilesOf(pid: number): number | null {
  const directory = `/proc/${pid}/fd`;
  try {
    return statSync(directory).size || readdirSync(directory).length;
  } catch {
    return null;
  }
}
