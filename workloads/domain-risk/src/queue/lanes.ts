import type { DomainRecord } from "../record.ts";
import type { SlowRegistry } from "./slow-registry.ts";

export const LANES = ["fast", "medium", "slow"] as const;
export type Lane = (typeof LANES)[number];

const FAST_BELOW_SECONDS = 5;

/** By how long it took last time; what is new is medium unless the registry knows it. */
export function laneOf(domain: string, record: DomainRecord | null, registry: SlowRegistry): Lane {
  if (registry.matches(domain)) return "slow";
  const seconds = record?.response_time_seconds ?? null;
  if (seconds === null) return "medium";
  if (seconds > registry.thresholdSeconds) return "slow";
  return seconds < FAST_BELOW_SECONDS ? "fast" : "medium";
}

export interface Running {
  readonly fast: number;
  readonly medium: number;
  readonly slow: number;
}

export interface LaneQuestion {
  readonly waiting: Running;
  readonly running: Running;
  readonly workers: number;
  readonly workerRatio: number;
}

/**
 * From which lane a free worker takes its next domain; null when nothing waits.
 * Slow ones are begun first, within their share: left to the end they would be the tail of the run. While others wait they never get more than their share.
 */
export function chooseLane({ waiting, running, workers, workerRatio }: LaneQuestion): Lane | null {
  const othersWait = waiting.fast + waiting.medium > 0;
  if (waiting.slow > 0 && !othersWait) return "slow";
  // A single worker would be at slow ones only while everybody else waits.
  if (waiting.slow > 0 && workers > 1 && running.slow < slowWorkersMax(workers, workerRatio)) return "slow";
  if (waiting.fast > 0) return "fast";
  return waiting.medium > 0 ? "medium" : null;
}

/** Rounded down, at least one. */
export function slowWorkersMax(workers: number, workerRatio: number): number {
  return Math.max(1, Math.floor(workers * workerRatio));
}
