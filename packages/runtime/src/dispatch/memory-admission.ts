import type { JobType, Lease } from "../model/index.ts";
import type { MemoryBook, MemoryOptions } from "./memory-book.ts";
import type { LaneState, MemorySlots, PlannedClaim } from "./plan-claims.ts";
import type { Slots } from "./slots.ts";

export interface MemoryAdmissionDeps {
  readonly memory: MemoryBook;
  readonly slots: Pick<Slots, "reserved">;
  gate(): ReturnType<MemoryOptions["gate"]>;
  types(): ReadonlyMap<string, JobType>;
  aheadOfType(type: string): number;
}

/** What memory lets a round of claims ask for, and what their answers tell of who waits for room. */
export interface MemoryAdmission {
  /** Slots of each type that fit in a lane now; null while everything that could be started would fit: then memory need not be looked at. */
  slotsOf(lanes: readonly LaneState[], nowMs: number): ((lane: string) => ReadonlyMap<string, MemorySlots>) | null;
  /** Somebody waits for room, or the gate is closed: the plan may change without any end. */
  isWaitedFor(): boolean;
  /** Whether what ends now may let somebody of another lane in. */
  mayFitMore(): boolean;
  /** A claim has been answered. */
  noteClaim(planned: PlannedClaim, leases: readonly Lease[]): void;
  /** Whether one more attempt fits; if not, this job waits for room from now on. */
  admit(jobType: JobType, lease: Lease, nowMs: number): boolean;
}

export function createMemoryAdmission({ memory, slots, gate, types, aheadOfType }: MemoryAdmissionDeps): MemoryAdmission {
  /** A claim brought as many of a type as the memory took: there may be more of it. */
  let broughtAll = false;

  function isAmple(lanes: readonly LaneState[]): boolean {
    const free = lanes.map(({ name, concurrency, running, paused }) => ({ lane: name, slots: paused ? 0 : Math.max(0, concurrency - running) }));
    return memory.isAmple(free, types(), slots.reserved());
  }

  function isWaitedFor(): boolean {
    return memory.blocked().length > 0 || gate() === "closed";
  }

  return {
    slotsOf(lanes, nowMs) {
      if (isAmple(lanes)) return null;
      return (lane) => {
        const reserved = slots.reserved();
        return new Map([...types().values()].map((jobType) => [jobType.type, { slots: memory.slotsToAsk(jobType, lane, reserved, nowMs), ahead: aheadOfType(jobType.type) }]));
      };
    },
    isWaitedFor,
    mayFitMore() {
      const wasShort = broughtAll;
      broughtAll = false;
      return wasShort || isWaitedFor();
    },
    noteClaim(planned, leases) {
      if (planned.byMemory) broughtAll ||= [...planned.perType].some(([type, most]) => most > 0 && leases.filter((lease) => lease.type === type).length >= most);
      if (leases.length >= planned.limit) return;
      // A job that waited for memory and is not there when it would fit has been cancelled or moved: nobody waits any more.
      for (const head of memory.blocked()) {
        if (head.lane === planned.lane && planned.perType.get(head.type) !== 0 && !leases.some((lease) => lease.type === head.type)) memory.missing(head.lane, head.type);
      }
    },
    admit(jobType, lease, nowMs) {
      if (memory.slotsThatFit(jobType, lease.lane, slots.reserved(), nowMs) >= 1) {
        memory.started(lease.lane, lease.type);
        return true;
      }
      memory.block(lease, jobType, nowMs);
      return false;
    },
  };
}
