import * as z from "zod";
import { hostOf } from "../guard/target.ts";
import type { DomainRecord } from "../record.ts";

const status = z.enum(["pending", "applied"]);
const addition = z.object({ domain: z.string(), category: z.string(), reason: z.string(), source: z.string(), detected_at: z.string(), status });
const removal = z.object({ domain: z.string(), category: z.string(), reason: z.string(), risk_score: z.number(), detected_at: z.string(), status });

export const recommendationsFile = z.object({ additions: z.array(addition), removals: z.array(removal), last_updated: z.string().nullable() });

export type Addition = Readonly<z.infer<typeof addition>>;
export type Removal = Readonly<z.infer<typeof removal>>;
export interface Recommendations {
  readonly additions: readonly Addition[];
  readonly removals: readonly Removal[];
  readonly last_updated: string | null;
}

export const NO_RECOMMENDATIONS: Recommendations = { additions: [], removals: [], last_updated: null };

const WELL_KNOWN = ["facebook", "twitter", "instagram", "youtube", "google", "apple", "amazon", "linkedin", "pinterest", "tiktok", "snapchat"].map((name) => `${name}.com`);
const RELATED_LOOKED_AT = 5;
const LOW_BELOW = 30;

export interface Analysed {
  readonly category: string;
  /** In list order. */
  readonly records: readonly DomainRecord[];
}

/**
 * What the maintainer might change. Base scores decide; what is there already is neither repeated nor reset.
 *
 * @param listed every entry of every list
 */
export function recommend(known: Recommendations, analysed: readonly Analysed[], { listed, now }: { readonly listed: ReadonlySet<string>; readonly now: string }): Recommendations {
  const additions = new Map(known.additions.map((one) => [one.domain, one]));
  const removals = new Map(known.removals.map((one) => [one.domain, one]));
  for (const { category, records } of analysed) {
    for (const { domain, accessible, base_score, related_domains } of records) {
      if (!accessible) continue;
      if (base_score > 0 && base_score < LOW_BELOW && !removals.has(domain)) {
        const reason = `Low risk score (${base_score}/100), may not warrant blocking`;
        removals.set(domain, { domain, category, reason, risk_score: base_score, detected_at: now, status: "pending" });
      }
      for (const related of related_domains.slice(0, RELATED_LOOKED_AT)) {
        // A link says what its page likes: only what is a host can stand in a list of hosts.
        if (hostOf(related) === null || listed.has(related) || isWellKnown(related) || additions.has(related)) continue;
        const reason = `Found via ${domain} analysis, appears to be related service`;
        additions.set(related, { domain: related, category, reason, source: domain, detected_at: now, status: "pending" });
      }
    }
  }
  return { additions: [...additions.values()], removals: [...removals.values()], last_updated: now };
}

function isWellKnown(domain: string): boolean {
  return WELL_KNOWN.some((known) => domain === known || domain.endsWith(`.${known}`));
}
