import { readdirSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { readSmallFile, readStat, type ProcessIdentity } from "./proc.ts";

/**
 * Gives a process that was started with a lower priority our own one, as far as we may: what is about to end needs CPU time for it, and on a machine
 * that others keep busy it would not get any. Without the right to it only its session's group is lifted, where there are such groups (autogroup).
 */
export function liftPriority(identity: ProcessIdentity): void {
  if (readStat(identity.pid)?.startTicks !== identity.startTicks) return;
  attempt(() => writeFileSync(`/proc/${identity.pid}/autogroup`, ownGroupNice()));
  const own = getPriority();
  attempt(() => {
    // Niceness is each thread's own.
    for (const thread of readdirSync(`/proc/${identity.pid}/task`)) setPriority(Number(thread), own);
  });
}

function ownGroupNice(): string {
  return /nice (-?\d+)/.exec(readSmallFile("/proc/self/autogroup") ?? "")?.[1] ?? "0";
}

/** Not allowed, not there, or gone meanwhile: it ends all the same, only later. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // see above
  }
}
