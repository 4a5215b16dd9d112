import type { JobType } from "../model/index.ts";
import type { AdmissionRule, BlockedHead } from "./admission.ts";
import type { MemoryBook } from "./memory-book.ts";
import type { Reservation, Slots } from "./slots.ts";

/** How many more attempts of a type the memory takes now. */
export interface Fitting {
  readonly lane: string;
  readonly type: string;
  readonly needBytes: number;
  readonly slots: number;
}

/** The ledger of the dispatcher: what is set aside for whom. */
export interface MemoryReport {
  readonly capacityBytes: number;
  readonly reservedBytes: number;
  readonly gate: "open" | "closed";
  readonly reservations: readonly Reservation[];
  readonly blocked: readonly BlockedHead[];
  readonly keptFor: BlockedHead | null;
  /** For each type in its own lane, and in every lane where it is blocked. */
  readonly fits: readonly Fitting[];
  readonly rule: AdmissionRule;
}

interface Facts {
  readonly memory: MemoryBook;
  readonly slots: Slots;
  readonly types: ReadonlyMap<string, JobType>;
  readonly lanes: readonly { readonly name: string }[];
  readonly rule: AdmissionRule;
  readonly gate: "open" | "closed";
  readonly nowMs: number;
}

export function reportMemory({ memory, slots, types, lanes, rule, gate, nowMs }: Facts): MemoryReport {
  const reserved = slots.reserved();
  const blocked = memory.blocked();
  const known = new Set(lanes.map(({ name }) => name));
  const fits = [...types.values()].flatMap((jobType) => {
    const own = known.has(jobType.lane) ? [jobType.lane] : [];
    const others = blocked.filter(({ type, lane }) => type === jobType.type && lane !== jobType.lane).map(({ lane }) => lane);
    return [...own, ...others].map((lane) => ({
      lane,
      type: jobType.type,
      needBytes: memory.reservation(jobType, lane),
      slots: memory.slotsThatFit(jobType, lane, reserved, nowMs),
    }));
  });
  return { capacityBytes: rule.capacityBytes, reservedBytes: reserved.bytes, gate, reservations: slots.reservations(), blocked, keptFor: memory.keptFor(nowMs), fits, rule };
}
