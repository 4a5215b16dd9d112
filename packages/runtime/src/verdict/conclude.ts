import type { Cause, Confidence, ErrorInfo, Fact, Hypothesis, Verdict } from "../model/index.ts";

export interface Conclusion {
  readonly cause: Cause;
  readonly summary: string;
  readonly confidence: Confidence;
  readonly evidence: readonly Fact[];
  readonly hypotheses?: readonly Hypothesis[];
  readonly error?: ErrorInfo | null;
  readonly stack?: readonly string[];
}

const NOTHING: readonly never[] = [];

/** Completes what a rule concluded into a Verdict. */
export function conclude(conclusion: Conclusion): Verdict {
  return {
    cause: conclusion.cause,
    summary: conclusion.summary,
    confidence: conclusion.confidence,
    evidence: conclusion.evidence,
    hypotheses: conclusion.hypotheses ?? NOTHING,
    error: conclusion.error ?? null,
    stack: conclusion.stack ?? NOTHING,
  };
}
