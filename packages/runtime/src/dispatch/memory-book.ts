import type { JobType, Lease } from "../model/index.ts";
import { chooseKept, reservationOf, slotsThatFit, type AdmissionRule, type BlockedHead, type MemoryMoment } from "./admission.ts";

export interface MemoryOptions {
  readonly rule: AdmissionRule;
  /** What an attempt of this type needs in this lane. */
  needBytes(jobType: JobType, lane: string): number;
  gate(): "open" | "closed";
}

/** Nothing is reserved, everything fits: for a dispatcher whose machine's memory is not its concern. */
export const UNLIMITED_MEMORY: MemoryOptions = {
  rule: { capacityBytes: Number.POSITIVE_INFINITY, bypassMax: 1, bypassMs: 0 },
  needBytes: () => 0,
  gate: () => "open",
};

/** What is reserved, counted by the dispatcher's slots. */
export interface Reserved {
  readonly bytes: number;
  readonly slots: number;
}

/** Which types do not fit, who is waiting for room, and what a lane may be asked for. */
export interface MemoryBook {
  /** Whether everything that could be started at once in these lanes would fit: then memory need not be looked at. Cheap. */
  isAmple(free: Iterable<{ readonly lane: string; readonly slots: number }>, types: ReadonlyMap<string, JobType>, reserved: Reserved): boolean;
  /** Slots of this type that fit now. One more than fit while nobody knows whether such a job waits: only a claim can tell. */
  slotsToAsk(jobType: JobType, lane: string, reserved: Reserved, nowMs: number): number;
  slotsThatFit(jobType: JobType, lane: string, reserved: Reserved, nowMs: number): number;
  reservation(jobType: JobType, lane: string): number;
  /** This job was claimed and does not fit. */
  block(lease: Lease, jobType: JobType, nowMs: number): void;
  /** An attempt was started. */
  started(lane: string, type: string): void;
  /** A claim of this lane that allowed the type brought none: the job that waited is gone. */
  missing(lane: string, type: string): void;
  blocked(): readonly BlockedHead[];
  keptFor(nowMs: number): BlockedHead | null;
}

/** `mayRun`: whether the head could be started but for its memory. Room is not kept for what its lane or its type's limit holds back. */
export function createMemoryBook(options: MemoryOptions, mayRun: (head: BlockedHead) => boolean): MemoryBook {
  const { rule } = options;
  const heads = new Map<string, BlockedHead>();
  let largest: { readonly types: ReadonlyMap<string, JobType>; readonly byLane: Map<string, number> } | null = null;

  /** The types do not change while they are the same map: the largest need of each lane is reckoned once. */
  function largestNeed(types: ReadonlyMap<string, JobType>, lane: string): number {
    if (largest?.types !== types) largest = { types, byLane: new Map() };
    const known = largest.byLane.get(lane);
    if (known !== undefined) return known;
    const need = Math.max(0, ...[...types.values()].map((jobType) => reservation(jobType, lane)));
    largest.byLane.set(lane, need);
    return need;
  }

  function reservation(jobType: JobType, lane: string): number {
    return reservationOf(options.needBytes(jobType, lane), rule);
  }

  function momentOf(reserved: Reserved, nowMs: number): MemoryMoment {
    return { reservedBytes: reserved.bytes, running: reserved.slots, gate: options.gate(), keptFor: keptFor(nowMs) };
  }

  function keptFor(nowMs: number): BlockedHead | null {
    return heads.size === 0 ? null : chooseKept([...heads.values()].filter(mayRun), nowMs, rule);
  }

  function fitting(jobType: JobType, lane: string, reserved: Reserved, nowMs: number): number {
    return slotsThatFit({ lane, type: jobType.type, needBytes: reservation(jobType, lane) }, momentOf(reserved, nowMs), rule);
  }

  return {
    isAmple(free, types, reserved) {
      if (heads.size > 0 || options.gate() === "closed") return false;
      let wanted = reserved.bytes;
      for (const { lane, slots } of free) wanted += slots * largestNeed(types, lane);
      return wanted <= rule.capacityBytes;
    },
    slotsToAsk(jobType, lane, reserved, nowMs) {
      const slots = fitting(jobType, lane, reserved, nowMs);
      return slots === 0 && !heads.has(keyOf(lane, jobType.type)) && options.gate() === "open" ? 1 : slots;
    },
    slotsThatFit: fitting,
    reservation,
    block(lease, jobType, nowMs) {
      const key = keyOf(lease.lane, lease.type);
      if (heads.has(key)) return;
      heads.set(key, { lane: lease.lane, type: lease.type, jobId: lease.jobId, needBytes: reservation(jobType, lease.lane), sinceMs: nowMs, bypassed: 0 });
    },
    started(lane, type) {
      if (heads.size === 0) return;
      heads.delete(keyOf(lane, type));
      for (const [key, head] of heads) heads.set(key, { ...head, bypassed: head.bypassed + 1 });
    },
    missing: (lane, type) => void heads.delete(keyOf(lane, type)),
    blocked: () => [...heads.values()],
    keptFor,
  };
}

function keyOf(lane: string, type: string): string {
  return `${lane}\n${type}`;
}
