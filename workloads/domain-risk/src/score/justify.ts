import type { ScoredDomain } from "./link-scores.ts";
import { type Group, type HazardTables } from "./keywords.ts";

const OPENINGS: readonly (readonly [Group, string])[] = [
  ["health_hazards", "Promotes health hazards"],
  ["behavioral_hazards", "Uses behavioral manipulation"],
  ["marketing_tactics", "Employs aggressive marketing"],
];

const HIGH_ABOVE = 70;
const MODERATE_ABOVE = 40;

/** Why the page by itself is scored as it is. */
export function justifyBase(tables: HazardTables, base: number): string[] {
  const lines = OPENINGS.flatMap(([group, opening]) => {
    const names = Object.keys(tables[group]);
    return names.length === 0 ? [] : [`${opening}: ${names.join(", ")}`];
  });
  if (base > HIGH_ABOVE) lines.push("HIGH RISK: Multiple concerning patterns detected");
  else if (base > MODERATE_ABOVE) lines.push("MODERATE RISK: Several concerning patterns detected");
  return lines;
}

export interface LinkFindings {
  /** In list order. */
  readonly mentioners: readonly ScoredDomain[];
  readonly inboundPoints: number;
  /** In the order of the page's related domains. */
  readonly highRiskLinks: readonly ScoredDomain[];
  readonly outboundPoints: number;
}

const SHOWN_MAX = 3;

/** What stands in front of it after pass 2. */
export function justifyLinks({ mentioners, inboundPoints, highRiskLinks, outboundPoints }: LinkFindings): string[] {
  const lines: string[] = [];
  if (mentioners.length > 0) {
    lines.push(`FACILITATOR (Inbound): Used by ${mentioners.length} domain(s) (+${inboundPoints} points)`);
    // The sort is stable: equal ones stay in list order.
    const highest = mentioners.toSorted((a, b) => b.risk_score - a.risk_score).slice(0, SHOWN_MAX);
    lines.push(...highest.toReversed().map((one) => `  ← Enables: ${one.domain} (risk: ${one.risk_score})`));
  }
  if (highRiskLinks.length > 0) {
    lines.push(`ENABLER (Outbound): Links to ${highRiskLinks.length} high-risk domain(s) (+${outboundPoints} points)`);
    lines.push(
      ...highRiskLinks
        .slice(0, SHOWN_MAX)
        .toReversed()
        .map((one) => `  → Facilitates: ${one.domain} (risk: ${one.risk_score})`),
    );
  }
  return lines;
}
