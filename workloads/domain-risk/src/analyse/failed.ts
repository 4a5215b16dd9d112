import { NO_HAZARDS } from "../score/keywords.ts";
import { seconds } from "./budget-time.ts";
import type { Finding } from "./inputs.ts";

export interface Failure {
  readonly error: string;
  readonly fallbackReason: string | null;
  readonly usedMs: number;
  readonly budgetExceeded: boolean;
}

/** The finding of a domain that could not be read. */
export function failed({ error, fallbackReason, usedMs, budgetExceeded }: Failure): Finding {
  return {
    accessible: false,
    error,
    ...(fallbackReason === null ? {} : { fallback_reason: fallbackReason }),
    ...NO_HAZARDS,
    promoted_products: [],
    related_domains: [],
    seo_metadata: "",
    response_time_seconds: seconds(usedMs),
    budget_exceeded: budgetExceeded,
  };
}
