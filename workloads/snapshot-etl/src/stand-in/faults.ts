import * as z from "zod";

export const FAULTS = ["hang", "slow", "403", "malformed", "truncated", "missing-profile", "unknown-fields", "bad-troop", "deep", "huge", "reset"] as const;
export type FaultName = (typeof FAULTS)[number];

export const faultBody = z.object({
  /** For this name; null or missing: for any. */
  namecode: z.string().nullish(),
  fault: z.enum(FAULTS),
  /** How many requests. */
  count: z.number().int().min(1).default(1),
  /** Pause of `slow` before the answer. */
  ms: z.number().min(0).default(1000),
});

export interface Fault {
  readonly name: FaultName;
  readonly ms: number;
}

/** Faults that are ordered, and used up. */
export function createFaults() {
  const ordered: { readonly namecode: string | null; readonly fault: Fault; left: number }[] = [];
  return {
    order({ namecode, fault, count, ms }: z.output<typeof faultBody>): void {
      ordered.push({ namecode: namecode ?? null, fault: { name: fault, ms }, left: count });
    },
    take(namecode: string): Fault | null {
      const found = ordered.find((each) => each.left > 0 && (each.namecode === null || each.namecode === namecode));
      if (found === undefined) return null;
      found.left -= 1;
      return found.fault;
    },
  };
}
