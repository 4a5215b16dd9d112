import { pause, within } from "../timing.ts";
import type { BrowserCensus } from "./census.ts";
import { hasProc, signalProcess, type ProcessIdentity, type ProcessStat } from "./proc.ts";

export interface EndedTree {
  /** Processes that were alive when it began. */
  readonly ended: number;
  /** What lives in spite of SIGKILL, in uninterruptible sleep most likely. */
  readonly survivors: readonly ProcessStat[];
  /** Ended, but never waited for by their new parent: the machine's PID 1 does not reap. */
  readonly zombies: readonly ProcessStat[];
}

/** SIGKILL is final; only a process in uninterruptible sleep takes longer than this. */
const PATIENCE_MS = 2000;
/** The kernel empties a namespace in some 30 ms; on a busy machine it takes longer. */
const KERNEL_PATIENCE_MS = 700;
/** The root's exit ends the wait earlier. */
const LOOK_MS = 50;
const AGAIN_MS = 5;
/** A PID 1 that reaps does it at once. */
const ZOMBIE_PATIENCE_MS = 200;

/**
 * Ends everything that belongs to the browser, frozen processes included, and looks until nothing is left.
 * With a namespace the kernel does it: its init is killed, and the root (which waits for the init) ends only when the namespace is empty.
 */
export async function endTree(root: ProcessIdentity | null, census: BrowserCensus, exited: Promise<unknown>): Promise<EndedTree> {
  if (!hasProc) return endGroup(root, exited);
  const before = census.members();
  const startMs = performance.now();
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
  });
  const init = census.init(before);
  const isKernelsTurn = init !== null && signalProcess(init, "SIGKILL");
  // A root that somebody stopped could not wait for its init.
  if (isKernelsTurn && root !== null) signalProcess(root, "SIGCONT");
  if (!isKernelsTurn) killAll(census);
  let members: readonly ProcessStat[] = [];
  for (;;) {
    await within(exited, LOOK_MS);
    members = census.members();
    if ((members.length === 0 && hasExited) || performance.now() - startMs > PATIENCE_MS) break;
    // Whoever kills the root before it has waited for the init makes a zombie of the init.
    if (members.length > 0 && !(isKernelsTurn && performance.now() - startMs < KERNEL_PATIENCE_MS)) killAll(census);
    if (hasExited) await pause(AGAIN_MS);
  }
  return { ended: before.length, survivors: members, zombies: await waitForReaper(census) };
}

/** Stops all first, until nobody new appears: what is stopped cannot fork. */
function killAll(census: BrowserCensus): void {
  const stopped = new Set<number>();
  let members = census.members();
  for (let round = 0; round < 10 && members.some(({ pid }) => !stopped.has(pid)); round += 1) {
    for (const member of members) {
      signalProcess(member, "SIGSTOP");
      stopped.add(member.pid);
    }
    members = census.members();
  }
  for (const member of members) signalProcess(member, "SIGKILL");
}

async function waitForReaper(census: BrowserCensus): Promise<readonly ProcessStat[]> {
  const startMs = performance.now();
  let zombies = census.zombies();
  while (zombies.length > 0 && performance.now() - startMs < ZOMBIE_PATIENCE_MS) {
    await pause(5);
    zombies = census.zombies();
  }
  return zombies;
}

/** Without /proc: the root leads a group of its own, and Chromium's children end with it. */
async function endGroup(root: ProcessIdentity | null, exited: Promise<unknown>): Promise<EndedTree> {
  if (root !== null) {
    try {
      process.kill(-root.pid, "SIGKILL");
    } catch {
      // nobody of the group is left
    }
  }
  await Promise.race([exited, pause(PATIENCE_MS)]);
  return { ended: 1, survivors: [], zombies: [] };
}
