import type { Clock } from "../clock.ts";
import type { Settings } from "../settings.ts";
import { judge } from "./restart-rules.ts";
import type { Poller } from "./poller.ts";

export type PollerStatus = "stopping" | "paused" | "failing" | "degraded" | "healthy";

/** What the tree of a poller uses. */
export interface Usage {
  readonly memoryBytes: number;
  readonly pids: number;
}

export interface PollerView {
  readonly status: PollerStatus;
  readonly match_id: string;
  readonly url: string;
  readonly uptime_seconds: number;
  readonly staleness_seconds: number;
  readonly change_age_seconds: number;
  readonly total_updates: number;
  readonly total_changes: number;
  readonly error_count: number;
  readonly total_errors: number;
  readonly memory_mb: number;
  readonly cpu_percent: number;
  readonly pids: number;
  readonly should_restart: boolean;
  readonly restart_requested: boolean;
  readonly restart_reason: string | null;
  readonly restarts: number;
  readonly paused_until: string | null;
}

export type ViewLimits = Pick<
  Settings,
  "memoryHardBytes" | "memorySoftBytes" | "errors" | "stalenessMs" | "degradedStalenessMs" | "lifetimeMs" | "heartbeatTimeoutMs" | "pidsRestart"
>;

const MIB = 1024 * 1024;

/** One poller as operators see it. */
export function viewPoller(poller: Poller, usage: Usage, limits: ViewLimits, clock: Pick<Clock, "nowMs" | "timeOfDayOf">): PollerView {
  const nowMs = clock.nowMs();
  const stalenessMs = Math.max(0, nowMs - (poller.lastAnswerAtMs ?? poller.wantedAtMs));
  const isPaused = poller.pausedUntilMs !== null && poller.pausedUntilMs > nowMs;
  const isUp = poller.phase === "running" && poller.startedAtMs !== null;
  return {
    status: statusOf(poller, { usage, stalenessMs, isPaused }, limits),
    match_id: poller.matchKey,
    url: poller.url,
    uptime_seconds: poller.startedAtMs === null ? 0 : tenths(nowMs - poller.startedAtMs),
    staleness_seconds: tenths(stalenessMs),
    change_age_seconds: tenths(Math.max(0, nowMs - (poller.lastChangeAtMs ?? poller.wantedAtMs))),
    total_updates: poller.totalUpdates,
    total_changes: poller.totalChanges,
    error_count: poller.consecutiveErrors,
    total_errors: poller.totalErrors,
    memory_mb: Math.round((usage.memoryBytes / MIB) * 10) / 10,
    cpu_percent: isUp ? poller.cpuPercent : 0,
    pids: usage.pids,
    should_restart: isUp && judge(sightingOf(poller, usage, nowMs), limits) !== null,
    restart_requested: poller.ending?.wish === "restart",
    restart_reason: poller.ending?.wish === "restart" ? poller.ending.reason : poller.lastReason,
    restarts: poller.restarts,
    paused_until: isPaused && poller.pausedUntilMs !== null ? new Date(clock.timeOfDayOf(poller.pausedUntilMs)).toISOString() : null,
  };
}

function statusOf(
  poller: Poller,
  { usage, stalenessMs, isPaused }: { readonly usage: Usage; readonly stalenessMs: number; readonly isPaused: boolean },
  { memoryHardBytes, errors, stalenessMs: threshold, degradedStalenessMs }: ViewLimits,
): PollerStatus {
  if (poller.phase === "stopping") return "stopping";
  if (isPaused) return "paused";
  if (usage.memoryBytes >= memoryHardBytes || poller.consecutiveErrors >= errors.failing || stalenessMs >= threshold) return "failing";
  return poller.consecutiveErrors >= errors.degraded || stalenessMs >= degradedStalenessMs ? "degraded" : "healthy";
}

export function sightingOf(poller: Poller, { memoryBytes, pids }: Usage, nowMs: number): Parameters<typeof judge>[0] {
  const startedAtMs = poller.startedAtMs ?? nowMs;
  return {
    nowMs,
    startedAtMs,
    heardSinceMs: poller.heardSinceMs,
    lastHeartbeatAtMs: poller.lastHeartbeatAtMs ?? startedAtMs,
    lastAnswerAtMs: poller.lastAnswerAtMs,
    consecutiveErrors: poller.consecutiveErrors,
    memoryBytes,
    pids,
  };
}

export type OverallStatus = "healthy" | "degraded" | "down";

/** healthy: none, or all are. down: there is at least one, and all are failing. */
export function overallStatus(statuses: readonly PollerStatus[]): OverallStatus {
  if (statuses.length > 0 && statuses.every((status) => status === "failing")) return "down";
  return statuses.every((status) => status === "healthy") ? "healthy" : "degraded";
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
