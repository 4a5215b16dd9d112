import type { BreakerRecord } from "../model/index.ts";
import { rfc3339, seconds } from "./time.ts";

/** `state` as it is now: an open breaker whose time is over lets somebody try. */
export function renderBreaker(record: BreakerRecord, nowMs: number) {
  const isRipe = record.state === "open" && nowMs >= (record.openUntilMs ?? 0);
  return {
    key: record.key,
    state: isRipe ? ("half-open" as const) : record.state,
    failures: record.failures,
    trips: record.trips,
    opened_at: rfc3339(record.openedAtMs),
    open_until: rfc3339(record.openUntilMs),
    open_seconds: seconds(record.openForMs),
    probes: record.probes.filter(({ untilMs }) => untilMs > nowMs).map(({ holder, untilMs }) => ({ holder, until: rfc3339(untilMs) })),
    evidence: record.evidence,
    by: record.by,
    updated_at: rfc3339(record.updatedAtMs),
    forgotten_at: rfc3339(record.expiresAtMs),
  };
}
