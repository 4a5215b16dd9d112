import { formatDuration, isPlanned, type RestartReason, type ServiceRules } from "../model/index.ts";

export interface RestartHistory {
  /** Earlier unplanned restarts, oldest first. */
  readonly recentRestartsMs: readonly number[];
}

export type NextStart =
  | { readonly kind: "start"; readonly atMs: number; readonly recentRestartsMs: readonly number[] }
  | { readonly kind: "escalate"; readonly text: string; readonly recentRestartsMs: readonly number[] };

/**
 * What follows the end of a service that is to run. A planned restart follows at once and counts for nothing; an unplanned one after a pause that doubles
 * within the window; more of them than the intensity allows are escalated. `fraction` is chance, 0 <= x < 1: pauses are 50 to 100 % of their length. Pure.
 */
export function nextStart(rules: ServiceRules, history: RestartHistory, end: { readonly reason: RestartReason; readonly nowMs: number; readonly fraction: number }): NextStart {
  const { nowMs } = end;
  const inWindow = history.recentRestartsMs.filter((atMs) => atMs > nowMs - rules.intensity.withinMs && atMs <= nowMs);
  if (isPlanned(end.reason)) return { kind: "start", atMs: nowMs, recentRestartsMs: inWindow };
  if (inWindow.length >= rules.intensity.restarts) {
    const text = `${inWindow.length} restarts within ${formatDuration(rules.intensity.withinMs)} did not help`;
    // Whoever starts it anew begins with a clean slate.
    return { kind: "escalate", text, recentRestartsMs: [] };
  }
  const fullMs = Math.min(rules.backoffBaseMs * 2 ** inWindow.length, rules.backoffMaxMs);
  return { kind: "start", atMs: nowMs + Math.round(fullMs * (0.5 + end.fraction / 2)), recentRestartsMs: [...inWindow, nowMs] };
}
