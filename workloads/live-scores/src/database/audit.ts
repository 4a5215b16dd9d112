import type { Database, Write } from "./database.ts";

export interface AuditEntry {
  readonly matchKey: string | null;
  readonly action: AuditAction;
  readonly reason?: string;
  readonly details?: object;
}

export const AUDIT_ACTIONS = [
  "added",
  "deleted",
  "revived",
  "ended",
  "reopened",
  "stopped",
  "started",
  "restart",
  "abnormal_end",
  "paused",
  "discovery_failed",
  "snapshot_corrupt",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Older entries are forgotten when there are more. */
const ENTRIES_KEPT = 20_000;

export async function writeAudit(write: Write, { matchKey, action, reason, details }: AuditEntry, at: string): Promise<void> {
  const { insertId } = await write
    .insertInto("audit")
    .values({ at, match_key: matchKey, action, reason: reason ?? null, details: details === undefined ? null : JSON.stringify(details) })
    .executeTakeFirstOrThrow();
  await write
    .deleteFrom("audit")
    .where("id", "<=", Number(insertId ?? 0) - ENTRIES_KEPT)
    .execute();
}

/** What is remembered of a match's pollers over restarts of the service. */
export async function readPollerHistory(
  database: Database,
  matchKey: string,
  sinceMs: number,
): Promise<{ readonly restarts: number; readonly lastReason: string | null; readonly abnormalEndsMs: readonly number[]; readonly pausedUntilMs: number | null }> {
  const rows = await database.read
    .selectFrom("audit")
    .select(["at", "action", "reason", "details"])
    .where("match_key", "=", matchKey)
    .where("action", "in", ["restart", "abnormal_end", "paused"])
    .orderBy("id")
    .execute();
  const paused = rows.findLast(({ action }) => action === "paused");
  const pausedAtMs = paused === undefined ? Number.NEGATIVE_INFINITY : Date.parse(paused.at);
  const restarts = rows.filter(({ action }) => action === "restart");
  return {
    restarts: restarts.length,
    lastReason: restarts.at(-1)?.reason ?? null,
    // A pause wipes the slate.
    abnormalEndsMs: rows
      .filter(({ action }) => action === "abnormal_end")
      .map(({ at }) => Date.parse(at))
      .filter((atMs) => atMs > sinceMs && atMs > pausedAtMs),
    pausedUntilMs: readUntil(paused?.details ?? null),
  };
}

function readUntil(details: string | null): number | null {
  const value: unknown = details === null ? null : JSON.parse(details);
  return typeof value === "object" && value !== null && "until_ms" in value && typeof value.until_ms === "number" ? value.until_ms : null;
}
