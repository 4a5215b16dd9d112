import type { Database } from "../database/database.ts";
import type { Conductor } from "./conductor.ts";
import { latestPoll, readPollingEnabled } from "./poll.ts";

const TIMER_MS_MAX = 2_147_483_647;

/**
 * How long until the next poll: `hours` after the last one ended, however often the server was restarted in between; at once when that is over.
 * A database that was never polled waits its first `hours` from now. Pure.
 */
export function untilNextPollMs(lastCompletedAt: string | null, hours: number, nowMs: number): number {
  const last = lastCompletedAt === null ? nowMs : Date.parse(lastCompletedAt);
  return Math.min(Math.max(0, last + hours * 3_600_000 - nowMs), TIMER_MS_MAX);
}

export interface PollSchedule {
  stop(): void;
}

/** Polls for as long as it is not stopped. While polling is switched off the times pass unused. */
export async function startPollSchedule(deps: {
  readonly conductor: Conductor;
  readonly database: Database;
  readonly hours: number;
  readonly nowMs: () => number;
}): Promise<PollSchedule> {
  const { conductor, database, hours, nowMs } = deps;
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  const plan = (delayMs: number): void => {
    if (!isStopped) timer = setTimeout(() => void pollNow(), delayMs);
  };
  async function pollNow(): Promise<void> {
    try {
      if (await readPollingEnabled(database.read)) await conductor.poll();
    } catch {
      // The database was away: the next time will come.
    }
    plan(untilNextPollMs(null, hours, nowMs()));
  }
  plan(untilNextPollMs((await latestPoll(database.read))?.completedAt ?? null, hours, nowMs()));
  return {
    stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
