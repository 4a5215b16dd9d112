import type { Cgroup } from "./cgroup.ts";
import { readPidNamespace, readStat, type ProcessIdentity, type ProcessStat } from "./proc.ts";
import type { ProcessTable } from "./process-table.ts";

/** Everything by which a process can be known to belong to a compartment. */
export interface TreeMarks {
  /** The outermost process that we started. */
  readonly root: ProcessIdentity;
  readonly cgroup: Cgroup | null;
  /** Own value of RLIMIT_LOCKS; null when the shell cannot set it. */
  readonly cookie: number | null;
  readonly hasPidNamespace: boolean;
}

/**
 * Who belongs to the tree. Kept over time: once seen, a process is known even when it was reparented or changed its group.
 * The key is (pid, start time), so that a reused pid is somebody else.
 */
export interface Census {
  /** Living members (no zombies), the root included. A scan of /proc that is at most `maxAgeMs` old will do; 0 (default) looks now. */
  members(maxAgeMs?: number): readonly ProcessStat[];
  /** Cheap when the kernel keeps the list: only the pids, the root perhaps missing. */
  count(): number;
}

export function createCensus(marks: TreeMarks, table: ProcessTable): Census {
  const known = new Map<number, number>();
  known.set(marks.root.pid, marks.root.startTicks);
  let namespace: number | null = null;

  function members(maxAgeMs = 0): readonly ProcessStat[] {
    const found = marks.cgroup !== null ? fromKernel(marks.cgroup) : fromScan(table.processes(maxAgeMs));
    known.clear();
    for (const stat of found) known.set(stat.pid, stat.startTicks);
    return found;
  }

  function fromKernel(cgroup: Cgroup): ProcessStat[] {
    const found: ProcessStat[] = [];
    const root = readStat(marks.root.pid);
    if (isLiving(root) && root.startTicks === marks.root.startTicks) found.push(root);
    for (const pid of cgroup.pids()) {
      if (pid === marks.root.pid) continue;
      const stat = readStat(pid);
      if (isLiving(stat)) found.push(stat);
    }
    return found;
  }

  /** The union of namespace, cookie, parent chain, session and group. */
  function fromScan(all: ReadonlyMap<number, ProcessStat>): ProcessStat[] {
    const members = new Map<number, ProcessStat>();
    for (const stat of all.values()) if (isMember(stat, all)) members.set(stat.pid, stat);
    for (let grew = true; grew;) {
      grew = false;
      for (const stat of all.values()) {
        if (members.has(stat.pid) || !members.has(stat.parentPid)) continue;
        members.set(stat.pid, stat);
        grew = true;
      }
    }
    members.delete(process.pid);
    return [...members.values()];
  }

  function isMember(stat: ProcessStat, all: ReadonlyMap<number, ProcessStat>): boolean {
    if (known.get(stat.pid) === stat.startTicks) return true;
    // The root leads its own session and group (it was started detached); after its death the numbers may belong to somebody else.
    const rootLives = all.get(marks.root.pid)?.startTicks === marks.root.startTicks;
    if (rootLives && (stat.sessionId === marks.root.pid || stat.groupId === marks.root.pid)) return true;
    const own = table.marksOf(stat);
    // Once the root is gone, its namespace's number may be that of somebody else's.
    if (marks.hasPidNamespace && rootLives) {
      namespace ??= findNamespace(all);
      if (namespace !== null && own.namespace === namespace) return true;
    }
    return marks.cookie !== null && own.cookie === marks.cookie;
  }

  /** The namespace of the root's child: the root itself (unshare) lives outside of it. */
  function findNamespace(all: ReadonlyMap<number, ProcessStat>): number | null {
    const outer = readPidNamespace("self");
    for (const stat of all.values()) {
      if (stat.parentPid !== marks.root.pid) continue;
      const inner = readPidNamespace(stat.pid);
      if (inner !== null && inner !== outer) return inner;
    }
    return null;
  }

  return {
    members,
    count: () => (marks.cgroup !== null ? marks.cgroup.pids().length : members().length),
  };
}

function isLiving(stat: ProcessStat | null): stat is ProcessStat {
  return stat !== null && stat.state !== "Z" && stat.state !== "X";
}
