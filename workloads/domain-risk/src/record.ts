import * as z from "zod";
import type { Scores } from "./score/link-scores.ts";

const counts = z.record(z.string(), z.number().int().nonnegative());
const scoredDomains = z.array(z.object({ domain: z.string(), risk_score: z.number() }));

/** What is kept of one domain, as it stands in the cache and in `{category}_data.json`. What a file leaves out gets the value that says "not known". */
export const domainRecord = z.object({
  domain: z.string().min(1),
  analyzed_at: z.string().nullable().default(null),
  accessible: z.boolean(),
  health_hazards: counts,
  behavioral_hazards: counts,
  marketing_tactics: counts,
  promoted_products: z.array(z.string()).default([]),
  related_domains: z.array(z.string()),
  base_score: z.number().default(0),
  risk_score: z.number().default(0),
  enabler_risk_bonus: z.number().default(0),
  high_risk_links: scoredDomains.default([]),
  facilitated_domains: scoredDomains.default([]),
  justification: z.array(z.string()).default([]),
  attempt_count: z.number().int().nonnegative().default(0),
  last_attempt_date: z.string().nullable().default(null),
  /** How an accessible one was reached. */
  method: z.enum(["http", "browser"]).optional(),
  /** Why one is inaccessible. */
  error: z.string().optional(),
  /** Why the plain request was not enough, whenever the browser was used. */
  fallback_reason: z.string().optional(),
  seo_metadata: z.string().default(""),
  response_time_seconds: z.number().nullable().default(null),
  /** It took longer than the slow registry's threshold, or all of its budget. */
  timeout_pattern: z.boolean().default(false),
});

export type DomainRecord = Readonly<z.infer<typeof domainRecord>>;

/** The same record with other scores, its keys in the order of the data model. */
export function withScores(record: DomainRecord, scores: Scores): DomainRecord {
  const { base_score, risk_score, enabler_risk_bonus, high_risk_links, facilitated_domains, justification } = scores;
  return {
    ...record,
    base_score,
    risk_score,
    enabler_risk_bonus,
    high_risk_links: [...high_risk_links],
    facilitated_domains: [...facilitated_domains],
    justification: [...justification],
  };
}

export const SKIPPED_ERROR = "Skipped: Known bot protection pattern";

/** How the error begins where the analysis was ended by what is not the domain's. */
export const NOT_ANALYSED = "Not analysed: ";

export function isSkipped(record: Pick<DomainRecord, "error">): boolean {
  return record.error === SKIPPED_ERROR;
}
