import { isMemoryDeath, type Cause } from "cofferdam";
import { timeoutError } from "../analyse/budget-time.ts";
import { failed } from "../analyse/failed.ts";
import type { Finding, WorkNote } from "../analyse/inputs.ts";
import { domainRecord, NOT_ANALYSED, SKIPPED_ERROR, type DomainRecord } from "../record.ts";
import { baseScore } from "../score/base-score.ts";
import { justifyBase } from "../score/justify.ts";
import { NO_HAZARDS } from "../score/keywords.ts";

export interface RecordContext {
  readonly domain: string;
  /** What was known before. */
  readonly previous: DomainRecord | null;
  readonly now: Date;
}

/** A record with the page's own score; what others of a category add to it depends on the category. */
export function recordOf(finding: Finding, { domain, previous, now }: RecordContext, slowFromSeconds: number): DomainRecord {
  const base = finding.accessible ? baseScore(finding) : 0;
  const { method, error, fallback_reason } = finding;
  return {
    domain,
    analyzed_at: now.toISOString(),
    accessible: finding.accessible,
    health_hazards: finding.health_hazards,
    behavioral_hazards: finding.behavioral_hazards,
    marketing_tactics: finding.marketing_tactics,
    promoted_products: finding.promoted_products,
    related_domains: finding.related_domains,
    base_score: base,
    risk_score: base,
    enabler_risk_bonus: 0,
    high_risk_links: [],
    facilitated_domains: [],
    justification: justifyBase(finding, base),
    attempt_count: (previous?.attempt_count ?? 0) + 1,
    last_attempt_date: now.toISOString(),
    ...(finding.accessible && method !== undefined ? { method } : {}),
    ...(finding.accessible || error === undefined ? {} : { error }),
    ...(fallback_reason === undefined ? {} : { fallback_reason }),
    seo_metadata: finding.seo_metadata,
    response_time_seconds: finding.response_time_seconds,
    timeout_pattern: finding.budget_exceeded || finding.response_time_seconds > slowFromSeconds,
  };
}

/** Nothing was asked: the family is known to refuse us. */
export function skippedRecord(context: RecordContext): DomainRecord {
  return { ...emptyRecord(context, SKIPPED_ERROR), analyzed_at: context.now.toISOString() };
}

/** What ended the analysis was not the domain's: the next run does it again. */
export function notAnalysedRecord(context: RecordContext, { cause, summary }: Pick<Death, "cause" | "summary">): DomainRecord {
  return emptyRecord(context, `${NOT_ANALYSED}${cause}: ${summary}`.slice(0, SUMMARY_CHARS_MAX));
}

/** The attempts that were are still those of before. */
function emptyRecord({ domain, previous }: RecordContext, error: string): DomainRecord {
  return domainRecord.parse({
    domain,
    accessible: false,
    ...NO_HAZARDS,
    related_domains: [],
    attempt_count: previous?.attempt_count,
    last_attempt_date: previous?.last_attempt_date,
    error,
    timeout_pattern: previous?.timeout_pattern,
  });
}

export interface Death {
  readonly cause: Cause;
  readonly summary: string;
  readonly wallMs: number;
  readonly fallbackReason: string | null;
}

/** Ends that somebody or something around the worker brings about, whatever page it was at. */
const NOT_THE_DOMAINS: ReadonlySet<Cause> = new Set(["killed", "oom-killed", "lost", "cancelled", "resource-exhausted", "lock-contention"]);

/** Whether a death tells of the domain: not of our machine, and not of a worker that had not yet begun to ask (it says so before it does). */
export function isOfDomain({ cause, note }: { readonly cause: Cause; readonly note: WorkNote | null }): boolean {
  return note !== null && !NOT_THE_DOMAINS.has(cause);
}

const SUMMARY_CHARS_MAX = 200;
const OUT_OF_TIME: ReadonlySet<Cause> = new Set(["over-time", "stalled", "blocked"]);

/** What is to be said of a domain whose worker did not live to say it. */
export function findingOfDeath({ cause, summary, wallMs, fallbackReason }: Death): Finding {
  const budgetExceeded = OUT_OF_TIME.has(cause);
  const error = budgetExceeded ? timeoutError(wallMs) : `Worker ended (${isMemoryDeath(cause) ? "memory" : cause}): ${summary}`.slice(0, SUMMARY_CHARS_MAX);
  return failed({ error, fallbackReason, usedMs: wallMs, budgetExceeded });
}
