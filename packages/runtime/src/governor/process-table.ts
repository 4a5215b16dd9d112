import type { Clock } from "../platform/index.ts";
import { listPids, readLocksLimit, readPidNamespace, readStat, type ProcessStat } from "./proc.ts";

/** One look at all processes of the machine, shared by everybody who needs one at about the same time. */
export interface ProcessTable {
  /** Living processes by pid. `maxAgeMs` 0 reads anew. */
  processes(maxAgeMs: number): ReadonlyMap<number, ProcessStat>;
  /** What never changes in a process's life is read once: its cookie and its PID namespace. */
  marksOf(stat: ProcessStat): ProcessMarks;
}

export interface ProcessMarks {
  readonly startTicks: number;
  readonly cookie: number | null;
  readonly namespace: number | null;
}

/** A process is asked for its cookie again while it is this young: its stub may just be setting it. */
const YOUNG_LOOKS = 3;

export function createProcessTable(clock: Clock): ProcessTable {
  let table = new Map<number, ProcessStat>();
  let readAtMs = Number.NEGATIVE_INFINITY;
  const known = new Map<number, { readonly marks: ProcessMarks; looks: number }>();

  function readAll(): Map<number, ProcessStat> {
    const found = new Map<number, ProcessStat>();
    for (const pid of listPids()) {
      const stat = readStat(pid);
      if (stat !== null && stat.state !== "Z" && stat.state !== "X") found.set(pid, stat);
    }
    for (const pid of known.keys()) if (!found.has(pid)) known.delete(pid);
    return found;
  }

  return {
    processes(maxAgeMs) {
      const nowMs = clock.monotonicMs();
      if (maxAgeMs === 0 || nowMs - readAtMs > maxAgeMs) {
        table = readAll();
        readAtMs = nowMs;
      }
      return table;
    },
    marksOf(stat) {
      const entry = known.get(stat.pid);
      if (entry !== undefined && entry.marks.startTicks === stat.startTicks && entry.looks >= YOUNG_LOOKS) return entry.marks;
      const marks = { startTicks: stat.startTicks, cookie: readLocksLimit(stat.pid), namespace: readPidNamespace(stat.pid) };
      known.set(stat.pid, { marks, looks: entry?.marks.startTicks === stat.startTicks ? entry.looks + 1 : 1 });
      return marks;
    },
  };
}
