import type { Cgroup } from "./cgroup.ts";
import { listPids, readLocksLimit, readPidNamespace, readStat, type ProcessIdentity, type ProcessStat } from "./proc.ts";

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
  /** Living members (no zombies), the root included. */
  members(): readonly ProcessStat[];
  /** Cheap when the kernel keeps the list: only the pids, the root perhaps missing. */
  count(): number;
}

export function createCensus(marks: TreeMarks): Census {
  const known = new Map<number, number>();
  known.set(marks.root.pid, marks.root.startTicks);
  let namespace: number | null = null;

  function members(): readonly ProcessStat[] {
    const found = marks.cgroup !== null ? fromKernel(marks.cgroup) : fromScan();
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
  function fromScan(): ProcessStat[] {
    const all = new Map<number, ProcessStat>();
    for (const pid of listPids()) {
      const stat = readStat(pid);
      if (isLiving(stat)) all.set(pid, stat);
    }
    const members = new Map<number, ProcessStat>();
    const sessions = new Set<number>([marks.root.pid]);
    const add = (stat: ProcessStat): void => {
      members.set(stat.pid, stat);
    };
    for (const stat of all.values()) {
      if (known.get(stat.pid) === stat.startTicks) add(stat);
      else if (isMarked(stat.pid)) add(stat);
      else if (sessions.has(stat.sessionId) || sessions.has(stat.groupId)) add(stat);
    }
    for (let grew = true; grew;) {
      grew = false;
      for (const stat of all.values()) {
        if (members.has(stat.pid) || !members.has(stat.parentPid)) continue;
        add(stat);
        grew = true;
      }
    }
    members.delete(process.pid);
    return [...members.values()];
  }

  function isMarked(pid: number): boolean {
    if (marks.hasPidNamespace) {
      namespace ??= ownNamespace();
      if (namespace !== null && readPidNamespace(pid) === namespace) return true;
    }
    return marks.cookie !== null && readLocksLimit(pid) === marks.cookie;
  }

  /** The namespace of the root's child: the root itself (unshare) lives outside of it. */
  function ownNamespace(): number | null {
    const outer = readPidNamespace("self");
    for (const pid of listPids()) {
      const stat = readStat(pid);
      if (stat === null || stat.parentPid !== marks.root.pid) continue;
      const inner = readPidNamespace(pid);
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
