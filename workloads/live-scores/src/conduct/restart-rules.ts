import type { Settings } from "../settings.ts";

/** Why a poller is begun anew. `recycle` and `max_lifetime` are planned; everything else is an abnormal end. */
export const RESTART_REASONS = ["pid_limit", "memory_soft_limit", "memory_hard_limit", "heartbeat", "stale", "errors", "max_lifetime", "recycle", "died"] as const;
export type RestartReason = (typeof RESTART_REASONS)[number];

/** What is seen of a running poller from outside at one moment. Times are from the same clock. */
export interface Sighting {
  readonly nowMs: number;
  readonly startedAtMs: number;
  /** Since when it has been listened to: silence before says nothing of it. */
  readonly heardSinceMs: number;
  readonly lastHeartbeatAtMs: number;
  /** null: no answer yet. */
  readonly lastAnswerAtMs: number | null;
  readonly consecutiveErrors: number;
  readonly memoryBytes: number;
  readonly pids: number;
}

export type RestartLimits = Pick<Settings, "lifetimeMs" | "stalenessMs" | "heartbeatTimeoutMs" | "errors" | "memorySoftBytes" | "pidsRestart">;

/** Which rule a running poller breaks, the most telling first; null while it breaks none. Pure. */
export function judge(seen: Sighting, limits: RestartLimits): RestartReason | null {
  if (seen.pids >= limits.pidsRestart) return "pid_limit";
  if (seen.memoryBytes >= limits.memorySoftBytes) return "memory_soft_limit";
  if (seen.nowMs - Math.max(seen.heardSinceMs, seen.lastHeartbeatAtMs) >= limits.heartbeatTimeoutMs) return "heartbeat";
  // One that has just begun is given the whole time for its first answer.
  if (seen.nowMs - Math.max(seen.heardSinceMs, seen.lastAnswerAtMs ?? 0) >= limits.stalenessMs) return "stale";
  if (seen.consecutiveErrors >= limits.errors.max) return "errors";
  return seen.nowMs - seen.startedAtMs >= limits.lifetimeMs ? "max_lifetime" : null;
}

const CAUSES: Readonly<Record<string, RestartReason>> = {
  "over-memory": "memory_hard_limit",
  "out-of-heap": "memory_hard_limit",
  "over-pids": "pid_limit",
  blocked: "heartbeat",
  stalled: "stale",
};

/** The runtime's cause of an end that nobody asked for, as a reason. */
export function reasonOfCause(cause: string | null): RestartReason {
  return (cause === null ? undefined : CAUSES[cause]) ?? "died";
}

export function isAbnormal(reason: RestartReason): boolean {
  return reason !== "recycle" && reason !== "max_lifetime";
}

export interface EndedPoller {
  readonly reason: RestartReason;
  readonly nowMs: number;
  /** When the restart was asked for; the end itself for one that died. */
  readonly askedAtMs: number;
  /** Earlier abnormal ends. */
  readonly abnormalEndsMs: readonly number[];
}

export type NextStart =
  | { readonly kind: "start"; readonly atMs: number; readonly abnormalEndsMs: readonly number[] }
  | { readonly kind: "pause"; readonly untilMs: number; readonly abnormalEndsMs: readonly number[] };

export const ABNORMAL_WINDOW_MS = 600_000;

/** What follows the end of a poller: another start within the grace, or a pause for a match that fails again and again. Pure. */
export function nextStart(ended: EndedPoller, limits: Pick<Settings, "restartDelayMs" | "restartGraceMs" | "abnormalEndsMax" | "pauseMs">): NextStart {
  const recent = ended.abnormalEndsMs.filter((atMs) => atMs > ended.nowMs - ABNORMAL_WINDOW_MS);
  const abnormalEndsMs = isAbnormal(ended.reason) ? [...recent, ended.nowMs] : recent;
  // What has been paused starts with a clean slate.
  if (isAbnormal(ended.reason) && abnormalEndsMs.length >= limits.abnormalEndsMax) return { kind: "pause", untilMs: ended.nowMs + limits.pauseMs, abnormalEndsMs: [] };
  const remainingMs = Math.max(0, limits.restartGraceMs - (ended.nowMs - ended.askedAtMs));
  return { kind: "start", atMs: ended.nowMs + Math.min(limits.restartDelayMs, remainingMs), abnormalEndsMs };
}
