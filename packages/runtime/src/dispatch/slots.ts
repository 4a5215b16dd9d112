import type { Lease } from "../model/index.ts";

/** A worker slot in use: one worker, one type, one attempt at a time. */
interface Slot {
  readonly lane: string;
  readonly type: string;
  /** Memory set aside for it: once, however many leases it was handed. */
  readonly reservedBytes: number;
  /** Leases of it that have not ended. */
  left: number;
}

/** Memory that is set aside for one type in one lane. */
export interface Reservation {
  readonly lane: string;
  readonly type: string;
  readonly slots: number;
  readonly bytes: number;
}

/** Counts which slots are in use. A slot that was handed several leases counts once and is free when the last of them has ended. */
export interface Slots {
  take(leases: readonly Lease[], reservedBytes: number): void;
  /** "freed" when this was the last lease of its slot; "unknown" when nothing is known of the lease. */
  end(lease: Lease): "freed" | "busy" | "unknown";
  runningInLane(lane: string): number;
  runningOfType(type: string): number;
  lanes(): ReadonlyMap<string, number>;
  types(): ReadonlyMap<string, number>;
  /** All slots in use, and the memory that is set aside for them. */
  reserved(): { readonly bytes: number; readonly slots: number };
  reservations(): readonly Reservation[];
}

export function createSlots(): Slots {
  const byAttempt = new Map<string, Slot>();
  const lanes = new Map<string, number>();
  const types = new Map<string, number>();
  let reservedBytes = 0;
  let inUse = 0;
  return {
    take(leases, bytes) {
      const first = leases[0];
      if (first === undefined) return;
      const slot: Slot = { lane: first.lane, type: first.type, reservedBytes: bytes, left: leases.length };
      for (const lease of leases) byAttempt.set(lease.attemptId, slot);
      add(lanes, slot.lane, 1);
      add(types, slot.type, 1);
      reservedBytes += bytes;
      inUse += 1;
    },
    end(lease) {
      const slot = byAttempt.get(lease.attemptId);
      if (slot === undefined) return "unknown";
      byAttempt.delete(lease.attemptId);
      slot.left -= 1;
      if (slot.left > 0) return "busy";
      add(lanes, slot.lane, -1);
      add(types, slot.type, -1);
      reservedBytes -= slot.reservedBytes;
      inUse -= 1;
      return "freed";
    },
    runningInLane: (lane) => lanes.get(lane) ?? 0,
    runningOfType: (type) => types.get(type) ?? 0,
    lanes: () => new Map(lanes),
    types: () => new Map(types),
    reserved: () => ({ bytes: reservedBytes, slots: inUse }),
    reservations() {
      const found = new Map<string, Reservation>();
      for (const { lane, type, reservedBytes: bytes } of new Set(byAttempt.values())) {
        const key = `${lane}\n${type}`;
        const { slots, bytes: before } = found.get(key) ?? { slots: 0, bytes: 0 };
        found.set(key, { lane, type, slots: slots + 1, bytes: before + bytes });
      }
      return [...found.values()];
    },
  };
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
