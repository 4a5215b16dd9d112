import { MARK_VARIABLE, profileArgument } from "./layout.ts";
import { readPidNamespace, readProcesses, readStat, startedWith, type ProcessIdentity, type ProcessStat } from "./proc.ts";

/** Everything by which a process can be known to belong to one browser. */
export interface BrowserMarks {
  /** Of this browser alone: the profile below it stands in command lines, itself in environments. */
  readonly directory: string;
  /** The outermost process that we started; it leads its own session. Null when only the directory is known (a sweep). */
  readonly root: ProcessIdentity | null;
  /** Whether the root opens a PID namespace. */
  readonly hasNamespace: boolean;
}

/** Who belongs to the browser. Once seen, a process is known also after its parent is gone or it changed its session. */
export interface BrowserCensus {
  /** Living processes, without zombies. Looks now. */
  members(): readonly ProcessStat[];
  /** Those of the known that ended and that nobody has waited for. */
  zombies(): readonly ProcessStat[];
  /** Of these members the first process inside of the namespace: with it everything ends. Null while the root has not got that far. */
  init(members: readonly ProcessStat[]): ProcessStat | null;
}

export function createCensus(marks: BrowserMarks): BrowserCensus {
  const known = new Map<number, number>();
  const { root } = marks;
  const argument = profileArgument(marks.directory);
  const variable = `${MARK_VARIABLE}=${marks.directory}`;
  if (root !== null) known.set(root.pid, root.startTicks);

  /**
   * The number of a PID namespace is no mark: it is given to another one as soon as this one is gone. It is not needed either: what is orphaned in a
   * namespace becomes a child of its init, which is a child of the root, so parents lead to everybody as long as anybody lives.
   */
  function look(): readonly ProcessStat[] {
    const all = readProcesses(root?.startTicks ?? 0).filter(({ pid }) => pid !== process.pid);
    const members = new Map<number, ProcessStat>();
    const rootLives = root !== null && all.some((stat) => isSame(stat, root));
    for (const stat of all) {
      const isKnown = known.get(stat.pid) === stat.startTicks;
      const isInSession = rootLives && stat.sessionId === root.pid;
      if (isKnown || isInSession || startedWith(stat.pid, argument, variable)) members.set(stat.pid, stat);
    }
    for (let grew = true; grew;) {
      grew = false;
      for (const stat of all) {
        if (members.has(stat.pid) || !members.has(stat.parentPid)) continue;
        members.set(stat.pid, stat);
        grew = true;
      }
    }
    for (const stat of members.values()) known.set(stat.pid, stat.startTicks);
    return [...members.values()];
  }

  return {
    members: () => look().filter(({ state }) => isLiving(state)),
    zombies: () =>
      [...known].flatMap(([pid, startTicks]) => {
        const stat = readStat(pid);
        return stat !== null && stat.startTicks === startTicks && !isLiving(stat.state) ? [stat] : [];
      }),
    init: (members) => {
      if (root === null || !marks.hasNamespace) return null;
      const outer = readPidNamespace("self");
      return members.find(({ pid, parentPid }) => parentPid === root.pid && readPidNamespace(pid) !== outer) ?? null;
    },
  };
}

function isSame(stat: ProcessStat, other: ProcessIdentity): boolean {
  return stat.pid === other.pid && stat.startTicks === other.startTicks;
}

function isLiving(state: string): boolean {
  return state !== "Z" && state !== "X";
}
