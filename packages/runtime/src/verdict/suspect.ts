import type { Fact, Hypothesis, Suspect } from "../model/index.ts";

/**
 * Completes a judgement. What is proven or ruled out is said by whoever looked at the evidence; without that, facts for it make it possible or likely, and
 * no facts for it leave it unsupported.
 */
export function judge(
  cause: Suspect,
  text: string,
  found: { readonly for: readonly Fact[]; readonly against: readonly Fact[]; readonly says: "proven" | "likely" | "possible" | "ruled-out" | null },
): Hypothesis {
  return { cause, text, confidence: found.says ?? (found.for.length > 0 ? "possible" : "unsupported"), for: found.for, against: found.against };
}
