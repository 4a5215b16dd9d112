import { HIGH_MEMORY_LANE, type Budget, type LaneRecord } from "../model/index.ts";

/** What a death of memory leads to. */
export type Escalation =
  /** There is no lane with more memory for it: the usual rules. */
  | { readonly kind: "none" }
  | { readonly kind: "to"; readonly lane: string; readonly memoryBytes: number }
  /** It has had its try. */
  | { readonly kind: "exhausted"; readonly lane: string };

/**
 * Whether a job that died of memory may have one try in the high-memory lane.
 * @param budget what the attempt that died was allowed
 */
export function escalationOf(lane: string, budget: Budget, highMemory: LaneRecord | null): Escalation {
  if (lane === HIGH_MEMORY_LANE) return { kind: "exhausted", lane };
  const memoryBytes = highMemory?.memoryBytes ?? null;
  if (memoryBytes === null || (budget.memoryBytes !== null && budget.memoryBytes >= memoryBytes)) return { kind: "none" };
  return { kind: "to", lane: HIGH_MEMORY_LANE, memoryBytes };
}
