import type { Lease } from "../model/index.ts";

/** A worker slot in use: one worker, one type, one attempt at a time. */
interface Slot {
  readonly lane: string;
  readonly type: string;
  /** Leases of it that have not ended. */
  left: number;
}

/** Counts which slots are in use. A slot that was handed several leases counts once and is free when the last of them has ended. */
export interface Slots {
  take(leases: readonly Lease[]): void;
  /** "freed" when this was the last lease of its slot; "unknown" when nothing is known of the lease. */
  end(lease: Lease): "freed" | "busy" | "unknown";
  runningInLane(lane: string): number;
  runningOfType(type: string): number;
  lanes(): ReadonlyMap<string, number>;
  types(): ReadonlyMap<string, number>;
}

export function createSlots(): Slots {
  const byAttempt = new Map<string, Slot>();
  const lanes = new Map<string, number>();
  const types = new Map<string, number>();
  return {
    take(leases) {
      const first = leases[0];
      if (first === undefined) return;
      const slot: Slot = { lane: first.lane, type: first.type, left: leases.length };
      for (const lease of leases) byAttempt.set(lease.attemptId, slot);
      add(lanes, slot.lane, 1);
      add(types, slot.type, 1);
    },
    end(lease) {
      const slot = byAttempt.get(lease.attemptId);
      if (slot === undefined) return "unknown";
      byAttempt.delete(lease.attemptId);
      slot.left -= 1;
      if (slot.left > 0) return "busy";
      add(lanes, slot.lane, -1);
      add(types, slot.type, -1);
      return "freed";
    },
    runningInLane: (lane) => lanes.get(lane) ?? 0,
    runningOfType: (type) => types.get(type) ?? 0,
    lanes: () => new Map(lanes),
    types: () => new Map(types),
  };
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
