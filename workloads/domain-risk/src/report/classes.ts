import { NOT_ANALYSED, type DomainRecord } from "../record.ts";

export const RISK_CLASSES = ["high", "medium", "low"] as const;
export type RiskClass = (typeof RISK_CLASSES)[number];

const HIGH_FROM = 50;
const MEDIUM_FROM = 30;

/** The same in every output. */
export function riskClass(riskScore: number): RiskClass {
  if (riskScore >= HIGH_FROM) return "high";
  return riskScore >= MEDIUM_FROM ? "medium" : "low";
}

export const ERROR_CLASSES = ["Timeout", "Insufficient Content", "Bot Protection", "DNS/Network", "SSL", "Connection Refused", "Other"] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** The first one that matches; the particular before the general: a refused connection is a network error too. */
const SIGNS: readonly (readonly [RegExp, ErrorClass])[] = [
  // What ended the worker may be worded in any way.
  [new RegExp(`^${NOT_ANALYSED}`), "Other"],
  [/insufficient content|no content retrieved/i, "Insufficient Content"],
  [/timeout|timed.?out/i, "Timeout"],
  [/\bssl\b|_ssl_|\btls\b|certificate|err_cert|cert_/i, "SSL"],
  [/40[13]\b|429\b|forbidden|cloudflare|bot protection|captcha/i, "Bot Protection"],
  [/econnrefused|connection.?refused/i, "Connection Refused"],
  [/net::|dns|enotfound|eai_again|name_not_resolved|econnreset|connection|network|socket|unreachable|hang up|redirect/i, "DNS/Network"],
];

export function errorClass(error: string): ErrorClass {
  return SIGNS.find(([sign]) => sign.test(error))?.[1] ?? "Other";
}

export interface CategoryFigures {
  readonly total_domains: number;
  readonly accessible_count: number;
  /** Over the accessible ones, one decimal. */
  readonly avg_risk_score: number;
  /** Whole percent. */
  readonly access_rate: number;
  readonly high_risk_count: number;
  readonly medium_risk_count: number;
  readonly low_risk_count: number;
}

export function figuresOf(records: readonly Pick<DomainRecord, "accessible" | "risk_score">[]): CategoryFigures {
  const accessible = records.filter((record) => record.accessible);
  const sum = accessible.reduce((total, { risk_score }) => total + risk_score, 0);
  const counts = (wanted: RiskClass): number => accessible.filter(({ risk_score }) => riskClass(risk_score) === wanted).length;
  return {
    total_domains: records.length,
    accessible_count: accessible.length,
    avg_risk_score: accessible.length === 0 ? 0 : Math.round((sum / accessible.length) * 10) / 10,
    access_rate: records.length === 0 ? 0 : Math.round((accessible.length / records.length) * 100),
    high_risk_count: counts("high"),
    medium_risk_count: counts("medium"),
    low_risk_count: counts("low"),
  };
}
