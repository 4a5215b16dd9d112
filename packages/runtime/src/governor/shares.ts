import { readdirSync, statSync } from "node:fs";
import type { ProcessShare } from "../model/index.ts";
import { readAnonymousBytes, readCommandLine, type ProcessStat } from "./proc.ts";

const TICKS_PER_SECOND = 100;

/** What was read of a process, and when it was like that. */
interface Known {
  readonly stat: ProcessStat;
  readonly command: string;
  readonly memoryBytes: number | null;
}

/**
 * Who used what in a tree, the largest first. About 60 µs a process: only at warnings, at the end, and now and then.
 * What has neither used a tick of CPU nor gained or lost a page since the look before is as it was then, and not read again: most of a tree sleeps.
 */
export function createShares(): (members: readonly ProcessStat[]) => readonly ProcessShare[] {
  let before = new Map<number, Known>();
  return (members) => {
    const now = new Map<number, Known>();
    for (const stat of members) now.set(stat.pid, lookAt(stat, before.get(stat.pid)));
    before = now;
    return [...now.values()].map(toShare).sort((a, b) => (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0) || a.pid - b.pid);
  };
}

function lookAt(stat: ProcessStat, known: Known | undefined): Known {
  if (known !== undefined && isUnchanged(stat, known.stat)) return { stat, command: known.command, memoryBytes: known.memoryBytes };
  return { stat, command: readCommandLine(stat.pid) || stat.name, memoryBytes: readAnonymousBytes(stat.pid) };
}

function isUnchanged(stat: ProcessStat, then: ProcessStat): boolean {
  return stat.startTicks === then.startTicks && stat.cpuTicks === then.cpuTicks && stat.residentPages === then.residentPages && stat.name === then.name;
}

function toShare({ stat, command, memoryBytes }: Known): ProcessShare {
  const { pid, parentPid, state, threads, cpuTicks } = stat;
  return { pid, parentPid, command, state, threads, memoryBytes, cpuSeconds: cpuTicks / TICKS_PER_SECOND };
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
