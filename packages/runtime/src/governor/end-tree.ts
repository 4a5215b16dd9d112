import type { Clock } from "../platform/index.ts";
import { pause } from "../platform/index.ts";
import type { Census } from "./census.ts";
import type { Cgroup } from "./cgroup.ts";
import { lookSurely } from "./look-surely.ts";
import { liftPriority } from "./priority.ts";
import type { ProcessIdentity, ProcessStat } from "./proc.ts";
import { signalProcess } from "./signal.ts";

const VERIFY_PAUSES_MS = [0, 1, 2, 4, 8, 16, 32, 64, 128, 250, 500, 1000];
/** Who lives on for longer than this has no CPU time to end with. */
const LIFTED_AFTER_MS = 16;
const FIXPOINT_ROUNDS_MAX = 50;

/**
 * Ends a whole tree and proves it by census.
 * cgroup.kill or the namespace's init first (both catch what is being forked); else STOP everybody until nobody new appears, then KILL.
 * @returns processes that the kernel has not ended yet (state D): the slot is not free.
 */
export async function endTree(
  tree: { readonly census: Census; readonly cgroup: Cgroup | null; readonly root: ProcessIdentity; readonly hasPidNamespace: boolean },
  clock: Clock,
): Promise<readonly ProcessStat[]> {
  tree.cgroup?.kill();
  // The root is setpriv -> unshare; its death ends the namespace's init, and with it the namespace.
  if (tree.hasPidNamespace) signalProcess(tree.root, "SIGKILL");
  if (tree.cgroup === null && !tree.hasPidNamespace) stopToFixpoint(tree.census);
  let remaining: readonly ProcessStat[] = [];
  for (const pauseMs of VERIFY_PAUSES_MS) {
    if (pauseMs > 0) await pause(clock, pauseMs);
    remaining = tree.cgroup === null ? lookSurely(() => tree.census.members()) : tree.census.members();
    if (remaining.length === 0) return remaining;
    for (const member of remaining) {
      signalProcess(member, "SIGKILL");
      if (pauseMs === LIFTED_AFTER_MS) liftPriority(member);
    }
  }
  return remaining;
}

/** Nobody forks while stopped: when a round finds nobody new, everybody stands still. */
function stopToFixpoint(census: Census): void {
  const stopped = new Set<string>();
  for (let round = 0; round < FIXPOINT_ROUNDS_MAX; round += 1) {
    let isNew = false;
    for (const member of census.members()) {
      const key = `${member.pid}@${member.startTicks}`;
      if (stopped.has(key)) continue;
      stopped.add(key);
      isNew = true;
      signalProcess(member, "SIGSTOP");
    }
    if (!isNew) return;
  }
}
