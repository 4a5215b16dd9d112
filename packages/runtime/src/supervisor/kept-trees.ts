import { readNamespacePids, type ProcessIdentity, type ProcessStat } from "../governor/index.ts";
import type { KeptTree } from "../wire/index.ts";

/** The root of a tree that jobs keep in their worker between attempts, as we see it. */
export interface KeptRoot extends ProcessIdentity {
  readonly what: string;
}

/** A job may not keep its whole budget busy between its attempts. */
const ROOM_SHARE_MAX = 0.5;

/** Finds the roots that the worker named by its own pids. What is not in its tree is not its to keep. */
export function findKept(trees: readonly KeptTree[], members: readonly ProcessStat[], program: ProcessStat | null): readonly KeptRoot[] {
  if (trees.length === 0 || program === null) return [];
  const depth = readNamespacePids(program.pid).length - 1;
  return members.flatMap((stat) => {
    if (stat.pid === program.pid) return [];
    const tree = trees.find(({ pid }) => pid === readNamespacePids(stat.pid)[depth]);
    return tree === undefined ? [] : [{ pid: stat.pid, startTicks: stat.startTicks, what: tree.what }];
  });
}

/** Everybody below the roots, themselves included. A tree of which somebody is stopped is not one: what is frozen serves nobody, and is a leak. */
export function keptMembers(roots: readonly KeptRoot[], members: readonly ProcessStat[]): ReadonlyMap<KeptRoot, readonly ProcessStat[]> {
  const found = new Map<KeptRoot, readonly ProcessStat[]>();
  for (const root of roots) {
    const tree = below(root, members);
    if (tree.length > 0 && !tree.some(({ state }) => state === "T" || state === "t")) found.set(root, tree);
  }
  return found;
}

function below(root: ProcessIdentity, members: readonly ProcessStat[]): readonly ProcessStat[] {
  const tree = new Map<number, ProcessStat>();
  for (const stat of members) if (stat.pid === root.pid && stat.startTicks === root.startTicks) tree.set(stat.pid, stat);
  for (let before = -1; before !== tree.size;) {
    before = tree.size;
    for (const stat of members) if (tree.has(stat.parentPid)) tree.set(stat.pid, stat);
  }
  return [...tree.values()];
}

/** For people. */
export interface KeptView {
  readonly pid: number;
  readonly what: string;
  readonly processes: number;
  readonly memoryBytes: number;
}

export function bytesOf(kept: readonly KeptView[]): number {
  return kept.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
}

/** Why what is kept has to go; null: it may stay. */
export function roomNeeded(kept: readonly KeptView[], budgetBytes: number | null): string | null {
  const bytes = bytesOf(kept);
  return budgetBytes !== null && bytes > budgetBytes * ROOM_SHARE_MAX ? `it uses ${bytes} of the ${budgetBytes} bytes of the budget` : null;
}
