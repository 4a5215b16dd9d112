// Pass 2: what domains of one category do for each other. It reads base scores only, so that running it again changes nothing.
import { baseScore } from "./base-score.ts";
import { justifyBase, justifyLinks } from "./justify.ts";
import { NO_HAZARDS, type HazardTables } from "./keywords.ts";

export interface ScoredDomain {
  readonly domain: string;
  /** The base score of that domain. */
  readonly risk_score: number;
}

/** What scoring needs of a record. */
export interface Scorable extends HazardTables {
  readonly domain: string;
  readonly accessible: boolean;
  readonly related_domains: readonly string[];
}

export interface Scores {
  readonly base_score: number;
  readonly risk_score: number;
  readonly enabler_risk_bonus: number;
  readonly high_risk_links: readonly ScoredDomain[];
  readonly facilitated_domains: readonly ScoredDomain[];
  readonly justification: readonly string[];
}

const HIGH_RISK = 50;
const MENTIONER_RISK = 20;
const POINTS_PER_LINK = 5;
const OUTBOUND_MAX = 20;
const INBOUND_MAX = 30;
const SCORE_MAX = 100;

/** All records of a category in list order → their scores, in the same order. */
export function scoreCategory(records: readonly Scorable[]): Scores[] {
  const bases = records.map((record) => (record.accessible ? baseScore(record) : 0));
  const baseOf = new Map<string, number>();
  const mentionersOf = new Map<string, ScoredDomain[]>();
  for (const [index, record] of records.entries()) {
    const base = bases[index] ?? 0;
    if (!record.accessible) continue;
    baseOf.set(record.domain, base);
    if (base < MENTIONER_RISK) continue;
    for (const mentioned of new Set(record.related_domains)) {
      const mentioners = mentionersOf.get(mentioned);
      if (mentioners === undefined) mentionersOf.set(mentioned, [{ domain: record.domain, risk_score: base }]);
      else mentioners.push({ domain: record.domain, risk_score: base });
    }
  }
  return records.map((record, index) => scoresOf(record, bases[index] ?? 0, { baseOf, mentioners: mentionersOf.get(record.domain) ?? [] }));
}

function scoresOf(record: Scorable, base: number, links: { readonly baseOf: ReadonlyMap<string, number>; readonly mentioners: readonly ScoredDomain[] }): Scores {
  const highRiskLinks = record.accessible
    ? record.related_domains.flatMap((domain) => {
        const score = links.baseOf.get(domain) ?? 0;
        return score >= HIGH_RISK ? [{ domain, risk_score: score }] : [];
      })
    : [];
  const outboundPoints = Math.min(POINTS_PER_LINK * highRiskLinks.length, OUTBOUND_MAX);
  const inboundPoints = Math.min(Math.floor(links.mentioners.reduce((total, { risk_score }) => total + risk_score, 0) / 10), INBOUND_MAX);
  const bonus = outboundPoints + inboundPoints;
  return {
    base_score: base,
    risk_score: Math.min(base + bonus, SCORE_MAX),
    enabler_risk_bonus: bonus,
    high_risk_links: highRiskLinks,
    facilitated_domains: links.mentioners,
    justification: [...justifyLinks({ mentioners: links.mentioners, inboundPoints, highRiskLinks, outboundPoints }), ...justifyBase(record.accessible ? record : NO_HAZARDS, base)],
  };
}
