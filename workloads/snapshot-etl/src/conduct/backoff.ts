export interface BackoffRules {
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
}

const JITTER = 0.2;

/**
 * The pause after the n-th failed attempt: the base, doubled for each further one, capped, and up to 20 % more by chance.
 * @param failed failed attempts so far, from 1
 * @param fraction chance, 0 <= x < 1
 * @example backoffMs({ backoffBaseMs: 1000, backoffMaxMs: 300_000 }, 3, 0) // 4000
 */
export function backoffMs(rules: BackoffRules, failed: number, fraction: number): number {
  const fullMs = Math.min(2 ** (failed - 1) * rules.backoffBaseMs, rules.backoffMaxMs);
  return Math.round(fullMs * (1 + JITTER * fraction));
}
