import type { Budget, Intent } from "../model/index.ts";
import type { StageDeadline } from "./stage-board.ts";

/** What the watch sees of one attempt at one moment. All times are from the same monotonic clock. */
export interface Sighting {
  readonly budget: Budget;
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly lastProgressAtMs: number;
  /** Last sign of the event loop; null where there is none to watch (commands). */
  readonly lastBeatAtMs: number | null;
  /** What its thread has waited for a CPU since, ms: it is silent then, and not blocked. */
  readonly starvedMs: number;
  readonly memoryBytes: number;
  readonly tasks: number;
  readonly outputBytes: number;
  /** Who holds the memory and pids limits: where the kernel does, we only look for what it did. */
  readonly memoryLimiter: "kernel" | "polled";
  readonly pidsLimiter: "kernel" | "polled";
  /** Rises of the kernel's counters since the start; null where there are none. */
  readonly oomKills: number | null;
  readonly ownLimitHit: boolean | null;
  readonly pidsRefused: number | null;
  /** The stage that must end first. Left out or null: none is open. */
  readonly stage?: StageDeadline | null;
}

/** A broken budget, before anybody says when that was seen. */
export type Breach = Omit<Extract<Intent, { limit: number }>, "atMs">;

/** Which budget is broken, the gravest first; null while all hold. Pure. */
export function findBreach(seen: Sighting): Breach | null {
  const { budget, nowMs } = seen;
  const elapsedMs = nowMs - seen.startedAtMs;
  const silentMs = nowMs - seen.lastProgressAtMs;
  const blockedMs = seen.lastBeatAtMs === null ? 0 : blockedOf(nowMs - seen.lastBeatAtMs, seen.starvedMs);
  const breach = (kind: Breach["kind"], limit: number, observed: number): Breach => ({ kind, limit, observed: Math.round(observed) });

  if (budget.memoryBytes !== null && seen.memoryBytes > budget.memoryBytes) return breach("memory", budget.memoryBytes, seen.memoryBytes);
  if (budget.memoryBytes !== null && (seen.oomKills ?? 0) > 0 && seen.ownLimitHit === true) return breach("memory", budget.memoryBytes, budget.memoryBytes);
  if (budget.pids !== null && seen.tasks > budget.pids) return breach("pids", budget.pids, seen.tasks);
  if (budget.pids !== null && (seen.pidsRefused ?? 0) > 0) return breach("pids", budget.pids, budget.pids + 1);
  if (budget.outputBytes !== null && seen.outputBytes > budget.outputBytes) return breach("output", budget.outputBytes, seen.outputBytes);
  if (budget.timeMs !== null && elapsedMs >= budget.timeMs) return breach("time", budget.timeMs, elapsedMs);
  const { stage = null } = seen;
  if (stage !== null && nowMs >= stage.dueMs) return { kind: "time", limit: stage.budgetMs, observed: Math.round(nowMs - stage.sinceMs), stage: stage.name };
  if (budget.blockMs !== null && blockedMs >= budget.blockMs) return breach("block", budget.blockMs, blockedMs);
  if (budget.stallMs !== null && silentMs >= budget.stallMs) return breach("stall", budget.stallMs, silentMs);
  return null;
}

/** Of a silence at most this share is put down to a busy machine: who waits for the job is not to wait for ever. */
const STARVED_SHARE_MAX = 3 / 4;

function blockedOf(silentMs: number, starvedMs: number): number {
  return Math.max(silentMs - starvedMs, silentMs * (1 - STARVED_SHARE_MAX));
}

/** How long after its last beat a loop is blocked, as long as it waits for no CPU from now on. */
function silenceAllowedMs(blockMs: number, starvedMs: number): number {
  return Math.min(blockMs + starvedMs, blockMs / (1 - STARVED_SHARE_MAX));
}

/** Intervals between two looks, ms: far from every limit, above half of one, and the closest. */
export const CALM_MS = 250;
export const WARM_MS = 100;
const HOT_MS = 20;

/** Where the kernel holds the limit nothing can be passed between two looks. */
export const KERNEL_CALM_MS = 500;
/** What has moved by less than this share of its limit since the last look stands still. */
const STILL_SHARE = 1 / 64;

/**
 * When to look again: a third of the time in which what grows would reach its limit, 20 to 250 ms (500 ms where the kernel holds every limit); never more than 100 ms above half of a limit, 25 ms above four fifths.
 * Limits that the kernel holds need no closer look than 100 ms, and 250 ms while nothing moves; the output is looked at every 500 ms while there is none. `before` is the sighting of the last look; null at the first.
 */
export function lookAgainMs(seen: Sighting, before: Sighting | null): number {
  const { budget } = seen;
  const pairs = [
    { used: seen.memoryBytes, last: before?.memoryBytes, limit: budget.memoryBytes, isHeld: seen.memoryLimiter === "kernel" },
    { used: seen.tasks, last: before?.tasks, limit: budget.pids, isHeld: seen.pidsLimiter === "kernel" },
    // Nobody holds the output back, but a log that does not grow needs no closer look.
    { used: seen.outputBytes, last: before?.outputBytes, limit: budget.outputBytes, isHeld: seen.outputBytes === before?.outputBytes },
  ];
  const elapsedMs = before === null ? 0 : seen.nowMs - before.nowMs;
  return Math.min(
    ...pairs.map(({ used, last, limit, isHeld }) => {
      if (limit === null) return KERNEL_CALM_MS;
      if (isHeld) return used / limit <= 0.5 ? KERNEL_CALM_MS : isStill(used, last, limit) ? CALM_MS : WARM_MS;
      return intervalFor(used, used - (last ?? used), limit, elapsedMs);
    }),
  );
}

function isStill(used: number, last: number | undefined, limit: number): boolean {
  return last !== undefined && Math.abs(used - last) < limit * STILL_SHARE;
}

function intervalFor(used: number, growth: number, limit: number, elapsedMs: number): number {
  const share = used / limit;
  const byShare = share > 0.8 ? HOT_MS + 5 : share > 0.5 ? WARM_MS : CALM_MS;
  if (growth <= 0 || elapsedMs <= 0) return byShare;
  const reachMs = ((limit - used) / growth) * elapsedMs;
  return Math.max(HOT_MS, Math.min(byShare, reachMs / 3));
}

/** Milliseconds until the next deadline that only the clock can break; Infinity when there is none. */
export function nextDeadlineMs(seen: Sighting): number {
  const { budget, nowMs } = seen;
  return Math.min(
    budget.timeMs === null ? Infinity : seen.startedAtMs + budget.timeMs - nowMs,
    budget.stallMs === null ? Infinity : seen.lastProgressAtMs + budget.stallMs - nowMs,
    budget.blockMs === null || seen.lastBeatAtMs === null ? Infinity : seen.lastBeatAtMs + silenceAllowedMs(budget.blockMs, seen.starvedMs) - nowMs,
    (seen.stage?.dueMs ?? Infinity) - nowMs,
  );
}
