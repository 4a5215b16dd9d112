import type { RetryPolicy } from "../model/index.ts";

/**
 * The pause before the next attempt: base doubled for each further end, capped, and 50 to 100 % of that by chance, so that jobs that failed together do not come back together.
 * @param count which end this was, from 1
 * @param fraction chance, 0 <= x < 1
 */
export function backoffMs(retry: RetryPolicy, count: number, fraction: number): number {
  const fullMs = Math.min(retry.backoffBaseMs * 2 ** (count - 1), retry.backoffMaxMs);
  return Math.round(fullMs * (0.5 + 0.5 * fraction));
}
