import { memoryOf, treeOf } from "../src/harness/processes.ts";

/** Looking costs tens of milliseconds; what runs in constant memory is the same all the time. */
const LOOK_EVERY_MS = 1500;

export interface TreePeak {
  /** The most that all processes of the tree had together, each page shared out among those that map it. */
  readonly treeMib: number;
  /** The most that the first process had. */
  readonly rootMib: number;
  /** The most that any one of the others had. */
  readonly largestMib: number;
  readonly processes: number;
  /** CPU that the looking itself took. */
  readonly lookCpuMs: number;
}

/** Looks at a process and all that it started, again and again, until it is stopped. */
export function watchTree(root: number): { stop(): TreePeak } {
  const peak = { treeMib: 0, rootMib: 0, largestMib: 0, processes: 0, lookCpuMs: 0 };
  const look = (): void => {
    const before = process.cpuUsage();
    const each = treeOf(root).flatMap(({ pid }) => pssOf(pid));
    const sum = each.reduce((total, { pssMib }) => total + pssMib, 0);
    peak.treeMib = Math.max(peak.treeMib, sum);
    peak.rootMib = Math.max(peak.rootMib, ...each.filter(({ pid }) => pid === root).map(({ pssMib }) => pssMib));
    peak.largestMib = Math.max(peak.largestMib, ...each.filter(({ pid }) => pid !== root).map(({ pssMib }) => pssMib));
    peak.processes = Math.max(peak.processes, each.length);
    const { user, system } = process.cpuUsage(before);
    peak.lookCpuMs += (user + system) / 1000;
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}

/** Nothing for a process that has just ended. */
function pssOf(pid: number): { readonly pid: number; readonly pssMib: number }[] {
  try {
    return [{ pid, pssMib: memoryOf(pid).pssMb }];
  } catch {
    return [];
  }
}
