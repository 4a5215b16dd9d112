import type { Budget } from "./budget.ts";
import type { Cause } from "./cause.ts";

/** These two always exist. */
export const DEFAULT_LANE = "default";
/** Where a job goes once that died of memory, before it is quarantined. */
export const HIGH_MEMORY_LANE = "high-memory";

/** A lane may raise what an attempt may use of memory; it never lowers it. */
export function budgetInLane(budget: Budget, laneBytes: number | null): Budget {
  return budget.memoryBytes === null || laneBytes === null || laneBytes <= budget.memoryBytes ? budget : { ...budget, memoryBytes: laneBytes };
}

/** Ends that more memory might have prevented: each of them proven, never guessed. */
const MEMORY_CAUSES: ReadonlySet<Cause> = new Set(["over-memory", "out-of-heap", "oom-killed"]);

export function isMemoryDeath(cause: Cause): boolean {
  return MEMORY_CAUSES.has(cause);
}

/** What happens to a job whose input is larger than its type should get. */
export const SIZE_GUARD_ACTIONS = ["quarantine", "route", "off"] as const;
export type SizeGuardAction = (typeof SIZE_GUARD_ACTIONS)[number];

export interface SizeGuard {
  readonly bytesMax: number;
  readonly action: SizeGuardAction;
}

/** Defaults: inputs of more than 5 MB wait in quarantine until somebody has looked at them. */
export const DEFAULT_SIZE_GUARD: SizeGuard = { bytesMax: 5 * 1024 ** 2, action: "quarantine" };

/** Why a new job does not simply wait where it was meant to. */
export interface Diversion {
  /** quarantine: it waits there. route: it waits in the high-memory lane. */
  readonly kind: "quarantine" | "route";
  readonly by: "size-guard" | "prediction";
  readonly reason: string;
}
