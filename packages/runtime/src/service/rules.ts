import { formatBytes, formatDuration, type RestartReason, type ServiceRules } from "../model/index.ts";

/** What is seen of a running service at one moment. Times are from the same clock. */
export interface ServiceSighting {
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly lastUpdateAtMs: number | null;
  /** When it reported errors, oldest first. */
  readonly errorsAtMs: readonly number[];
  readonly memoryBytes: number | null;
  readonly tasks: number | null;
}

export interface Sentence {
  readonly reason: RestartReason;
  readonly text: string;
  readonly limit: number;
  readonly observed: number;
}

/** Which rules a running service breaks, the gravest first; empty while it breaks none. Pure. */
export function judge(rules: ServiceRules, seen: ServiceSighting): readonly Sentence[] {
  return [judgeFreshness(rules, seen), judgeMemory(rules, seen), judgePids(rules, seen), judgeErrors(rules, seen), judgeAge(rules, seen)].filter((sentence) => sentence !== null);
}

function judgeFreshness({ freshnessMs, startupMs }: ServiceRules, { nowMs, startedAtMs, lastUpdateAtMs }: ServiceSighting): Sentence | null {
  const limit = lastUpdateAtMs === null ? startupMs : freshnessMs;
  const observed = nowMs - (lastUpdateAtMs ?? startedAtMs);
  if (observed <= limit) return null;
  const text =
    lastUpdateAtMs === null ? `no first update within ${formatDuration(limit)}` : `no update for ${formatDuration(observed)}; it must report one every ${formatDuration(limit)}`;
  return { reason: "stale", text, limit, observed };
}

function judgeMemory({ memoryBytes: limit }: ServiceRules, { memoryBytes: observed }: ServiceSighting): Sentence | null {
  if (limit === null || observed === null || observed <= limit) return null;
  return { reason: "memory", text: `its tree uses ${formatBytes(observed)}; it is begun anew above ${formatBytes(limit)}`, limit, observed };
}

function judgePids({ pids: limit }: ServiceRules, { tasks: observed }: ServiceSighting): Sentence | null {
  if (limit === null || observed === null || observed <= limit) return null;
  return { reason: "pids", text: `its tree has ${observed} threads and processes; it is begun anew above ${limit}`, limit, observed };
}

function judgeErrors({ errors }: ServiceRules, { nowMs, errorsAtMs }: ServiceSighting): Sentence | null {
  if (errors === null) return null;
  const observed = errorsAtMs.filter((atMs) => atMs > nowMs - errors.withinMs).length;
  if (observed < errors.count) return null;
  return { reason: "errors", text: `${observed} errors within ${formatDuration(errors.withinMs)}`, limit: errors.count, observed };
}

function judgeAge({ ageMs: limit }: ServiceRules, { nowMs, startedAtMs }: ServiceSighting): Sentence | null {
  const observed = nowMs - startedAtMs;
  if (limit === null || observed < limit) return null;
  return { reason: "age", text: `it has run for ${formatDuration(observed)}; it is begun anew every ${formatDuration(limit)}`, limit, observed };
}
