import { CofferdamError, parseDuration, VALIDATION_METRICS, type RuleProgress, type ValidationMetric, type ValidationRecord, type ValidationRule } from "../model/index.ts";

/** What the runtime sees of a job type at one moment; null: nothing to see. */
export interface Observation {
  readonly pids: number | null;
  readonly memoryBytes: number | null;
  /** Since its last success (of a service: its last update), or since the watch began. */
  readonly stalenessSeconds: number | null;
  /** New ones since the watch began. */
  readonly occurrences: number;
}

const RULE = /^\s*([a-z_]+)\s*<\s*(\d+(?:\.\d+)?)\s+for\s+(.+?)\s*$/;
export const RULES_MAX = 20;

/**
 * Reads a rule as people write it.
 * @throws CofferdamError `invalid_option`
 * @example parseRule("pids < 150 for 24h") // { metric: "pids", below: 150, forMs: 86400000 }
 */
export function parseRule(text: string): ValidationRule {
  const match = RULE.exec(text);
  const metric = VALIDATION_METRICS.find((known) => known === match?.[1]);
  if (match === null || metric === undefined)
    throw new CofferdamError("invalid_option", `${JSON.stringify(text)} is not a rule`, {
      hint: `Write METRIC < NUMBER for DURATION, such as "pids < 150 for 24h". Metrics are: ${VALIDATION_METRICS.join(", ")}.`,
    });
  return { metric, below: Number(match[2]), forMs: parseDuration(match[3] ?? "", "for") };
}

/** A watch that begins now. */
export function beginValidation(id: string, incidentId: string, rules: readonly ValidationRule[], nowMs: number): ValidationRecord {
  const progress = rules.map((rule): RuleProgress => ({ rule, state: "watching", worst: null, decidedAtMs: null }));
  return { id, incidentId, state: "watching", startedAtMs: nowMs, rules: progress, watchedUntilMs: nowMs, unwatchedMs: 0 };
}

/** A longer time than this between two observations was not watched. */
export const GAP_MS = 60_000;

/** The record after one more observation. A rule fails the moment it is broken, and passes when it has held for its time; time that nobody watched does not count, and what was never seen proves nothing. Pure. */
export function observe(record: ValidationRecord, seen: Observation, nowMs: number): ValidationRecord {
  if (record.state !== "watching") return record;
  const sinceMs = Math.max(0, nowMs - record.watchedUntilMs);
  const unwatchedMs = record.unwatchedMs + (sinceMs > GAP_MS ? sinceMs : 0);
  const watchedMs = nowMs - record.startedAtMs - unwatchedMs;
  const rules = record.rules.map((each) => judgeRule(each, valueOf(each.rule.metric, seen), watchedMs, nowMs));
  const state = rules.some((rule) => rule.state === "failed") ? "failed" : rules.every((rule) => rule.state === "passed") ? "passed" : "watching";
  return { ...record, state, rules, watchedUntilMs: nowMs, unwatchedMs };
}

function judgeRule(progress: RuleProgress, value: number | null, watchedMs: number, nowMs: number): RuleProgress {
  if (progress.state !== "watching") return progress;
  const worst = value === null ? progress.worst : Math.max(progress.worst ?? value, value);
  if (value !== null && value >= progress.rule.below) return { ...progress, worst, state: "failed", decidedAtMs: nowMs };
  if (watchedMs >= progress.rule.forMs && worst !== null) return { ...progress, worst, state: "passed", decidedAtMs: nowMs };
  return { ...progress, worst };
}

function valueOf(metric: ValidationMetric, seen: Observation): number | null {
  switch (metric) {
    case "pids":
      return seen.pids;
    case "memory_bytes":
      return seen.memoryBytes;
    case "staleness_seconds":
      return seen.stalenessSeconds;
    case "occurrences":
      return seen.occurrences;
  }
}
