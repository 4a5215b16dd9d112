import { readMainThread, type ProcessIdentity } from "../governor/index.ts";
import type { Clock } from "../platform/index.ts";

/** Why waiting for a thread is of no more use. ran: it had its time and did not answer; slept: it waits for something else; starved: the machine gave it too little time to tell. */
export type Impatience = "ran" | "slept" | "starved" | "gone";

export interface PatienceLimits {
  /** CPU of its own within which a thread that runs answers. */
  readonly ticksMax: number;
  readonly wallMsMax: number;
}

/** What sleeps for so long waits for something that may never come. */
const ASLEEP_MS_MAX = 1500;
/** A write waits for a disk that has much to do: that passes, as a rule. */
const AT_DISK_MS_MAX = 10_000;

/** Says when it is not worth waiting any longer; null before. Measured by the thread's own time, not by the clock's: a busy machine says nothing of the program. */
export function createPatience(process: ProcessIdentity, { ticksMax, wallMsMax }: PatienceLimits, clock: Clock, look = readMainThread): () => Impatience | null {
  const startedAtMs = clock.monotonicMs();
  const ticksBefore = look(process.pid)?.cpuTicks ?? 0;
  let ranAtMs = startedAtMs;
  let awakeAtMs = startedAtMs;
  return () => {
    const thread = look(process.pid);
    const nowMs = clock.monotonicMs();
    if (thread === null || thread.startTicks !== process.startTicks) return "gone";
    if (thread.cpuTicks - ticksBefore > ticksMax) return "ran";
    if (thread.state === "R") ranAtMs = nowMs;
    if (thread.state === "R" || thread.state === "D") awakeAtMs = nowMs;
    if (nowMs - awakeAtMs >= ASLEEP_MS_MAX || nowMs - ranAtMs >= AT_DISK_MS_MAX) return "slept";
    return nowMs - startedAtMs > wallMsMax ? "starved" : null;
  };
}
