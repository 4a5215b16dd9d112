import { TYPES, type ProcessType } from "../work-types.ts";
import { backoffMs, type BackoffRules } from "./backoff.ts";
import type { Failure } from "./classify-end.ts";

export type Next =
  /** Set aside, and tried once with more memory. */
  | { readonly kind: "quarantine-and-retry" }
  /** Set aside until an operator acts. */
  | { readonly kind: "quarantine" }
  | { readonly kind: "retry"; readonly pauseMs: number }
  | { readonly kind: "dead-letter"; readonly reason: string };

export interface Question {
  readonly type: ProcessType;
  readonly failure: Failure;
  /** Failed attempts before this one. */
  readonly failedBefore: number;
  /** Attempts in all. */
  readonly retriesMax: number;
  readonly backoff: BackoffRules;
  /** Chance, 0 <= x < 1. */
  readonly fraction: number;
}

/** What becomes of a snapshot after a failed attempt. Memory is never tried twice in the same lane. */
export function decideNext({ type, failure, failedBefore, retriesMax, backoff, fraction }: Question): Next {
  if (failure.type === "OOM") return type === TYPES.highmem ? { kind: "quarantine" } : { kind: "quarantine-and-retry" };
  if (failure.permanent) return { kind: "dead-letter", reason: `${failure.type}, which another attempt would not change: ${failure.message}` };
  const failed = failedBefore + 1;
  if (failed >= retriesMax) return { kind: "dead-letter", reason: `${failed} attempts failed; the last one: ${failure.type}: ${failure.message}` };
  return { kind: "retry", pauseMs: backoffMs(backoff, failed, fraction) };
}
