import type { Lease } from "../model/index.ts";

export interface PackingRoom {
  /** Free worker slots of the lane. */
  readonly slots: number;
  /** How many leases of the type one worker may be handed together. */
  aheadOf(type: string): number;
  /** Slots that the type may use; null: as many as there are. */
  slotsOf(type: string): number | null;
}

export interface Packing {
  /** Each for one worker: one type, in the queue's order. */
  readonly packs: readonly (readonly Lease[])[];
  /** What no slot can take; to be given back. */
  readonly excess: readonly Lease[];
}

/** Everything of a pack lies in its worker's memory until its turn. Larger inputs than this go one by one. */
export const PACK_CHARACTERS_MAX = 8 * 1024 * 1024;

/** Distributes leases over worker slots: in the queue's order into as few slots as hold them, then spread over the slots that are left. */
export function packLeases(leases: readonly Lease[], room: PackingRoom): Packing {
  const packs: Lease[][] = [];
  const excess: Lease[] = [];
  const openPacks = new Map<string, { readonly pack: Lease[]; size: number }>();
  const slotsUsed = new Map<string, number>();
  for (const lease of leases) {
    const open = openPacks.get(lease.type);
    const size = lease.input.length + (lease.checkpoint?.length ?? 0);
    if (open !== undefined && open.pack.length < room.aheadOf(lease.type) && open.size + size <= PACK_CHARACTERS_MAX) {
      open.pack.push(lease);
      open.size += size;
    } else if (packs.length < room.slots && mayOpen(room, slotsUsed, lease.type)) {
      const pack = [lease];
      packs.push(pack);
      openPacks.set(lease.type, { pack, size });
      countSlot(slotsUsed, lease.type);
    } else {
      excess.push(lease);
    }
  }
  spread(packs, room, slotsUsed);
  return { packs, excess };
}

/** Free slots are better than queues: halves the longest pack while a slot is free and its type may have one more. */
function spread(packs: Lease[][], room: PackingRoom, slotsUsed: Map<string, number>): void {
  while (packs.length < room.slots) {
    const longest = longestSplittable(packs, room, slotsUsed);
    const type = longest?.[0]?.type;
    if (longest === undefined || type === undefined) return;
    packs.push(longest.splice(Math.ceil(longest.length / 2)));
    countSlot(slotsUsed, type);
  }
}

function longestSplittable(packs: readonly Lease[][], room: PackingRoom, slotsUsed: ReadonlyMap<string, number>): Lease[] | undefined {
  let longest: Lease[] | undefined;
  for (const pack of packs) {
    const type = pack[0]?.type;
    if (type === undefined || pack.length < 2 || pack.length <= (longest?.length ?? 0)) continue;
    if (mayOpen(room, slotsUsed, type)) longest = pack;
  }
  return longest;
}

function mayOpen(room: PackingRoom, slotsUsed: ReadonlyMap<string, number>, type: string): boolean {
  const most = room.slotsOf(type);
  return most === null || (slotsUsed.get(type) ?? 0) < most;
}

function countSlot(slotsUsed: Map<string, number>, type: string): void {
  slotsUsed.set(type, (slotsUsed.get(type) ?? 0) + 1);
}
