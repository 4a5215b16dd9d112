import type { Lease } from "../model/index.ts";
import { createAlarm, type Clock } from "../platform/index.ts";

/**
 * Leases that were claimed before a slot is free: a worker of short jobs need not wait for the store between two packs.
 * What no slot has taken after a short while goes back: then the jobs are not as short as they were.
 */
export interface Stock {
  put(lane: string, leases: readonly Lease[]): void;
  take(lane: string): readonly Lease[];
  takeAll(): readonly Lease[];
  lanes(): readonly string[];
  size(lane: string): number;
}

/** Four packs' time. */
export const STOCK_MS_MAX = 100;

export function createStock(options: { readonly clock: Clock; onStale(lane: string, leases: readonly Lease[]): void }): Stock {
  const { clock } = options;
  const byLane = new Map<string, { readonly leases: readonly Lease[]; readonly sinceMs: number }>();
  const alarm = createAlarm(clock, ring);

  function ring(): void {
    const dueMs = clock.nowMs() - STOCK_MS_MAX;
    for (const [lane, { leases, sinceMs }] of byLane) {
      if (sinceMs > dueMs) alarm.at(sinceMs + STOCK_MS_MAX);
      else {
        byLane.delete(lane);
        options.onStale(lane, leases);
      }
    }
  }

  return {
    put(lane, leases) {
      const sinceMs = clock.nowMs();
      byLane.set(lane, { leases: [...(byLane.get(lane)?.leases ?? []), ...leases], sinceMs });
      alarm.at(sinceMs + STOCK_MS_MAX);
    },
    take(lane) {
      const leases = byLane.get(lane)?.leases ?? [];
      byLane.delete(lane);
      return leases;
    },
    takeAll() {
      const all = [...byLane.values()].flatMap(({ leases }) => leases);
      byLane.clear();
      alarm.cancel();
      return all;
    },
    lanes: () => [...byLane.keys()],
    size: (lane) => byLane.get(lane)?.leases.length ?? 0,
  };
}
