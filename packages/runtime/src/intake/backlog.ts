import type { Clock } from "../platform/index.ts";
import type { QueueCount } from "../store/ports.ts";

/** How many jobs wait in each lane, without asking the store for every job. */
export interface Backlog {
  /** Takes a place in the lane when there is one; false when the lane is full. */
  take(lane: string): Promise<boolean>;
}

const FRESH_MS = 1000;

/**
 * Counts up from the last true count, so the estimate is never too low. Only when it says "full" is the store asked again,
 * at most once a second: a refusal is never based on a count older than that.
 */
export function createBacklog(deps: { readonly counts: () => Promise<readonly QueueCount[]>; readonly clock: Clock; readonly waitingMax: number }): Backlog {
  let waiting = new Map<string, number>();
  let countedAtMs = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | null = null;

  const recount = (): Promise<void> => {
    counting ??= deps
      .counts()
      .then((counts) => {
        waiting = waitingByLane(counts);
        countedAtMs = deps.clock.monotonicMs();
      })
      .finally(() => {
        counting = null;
      });
    return counting;
  };

  return {
    async take(lane) {
      if (countedAtMs === Number.NEGATIVE_INFINITY) await recount();
      if ((waiting.get(lane) ?? 0) >= deps.waitingMax && deps.clock.monotonicMs() - countedAtMs > FRESH_MS) await recount();
      const count = waiting.get(lane) ?? 0;
      if (count >= deps.waitingMax) return false;
      waiting.set(lane, count + 1);
      return true;
    },
  };
}

const WAITING_STATES: ReadonlySet<string> = new Set(["scheduled", "ready", "retrying"]);

function waitingByLane(counts: readonly QueueCount[]): Map<string, number> {
  const byLane = new Map<string, number>();
  for (const { lane, state, count } of counts) {
    if (WAITING_STATES.has(state)) byLane.set(lane, (byLane.get(lane) ?? 0) + count);
  }
  return byLane;
}
