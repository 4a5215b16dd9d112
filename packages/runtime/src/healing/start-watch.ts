import type { RuntimeEvent } from "../model/index.ts";
import { createAlarm, type Clock } from "../platform/index.ts";
import { afterStart, judgeStarts, NO_STARTS, type Starts } from "./starts.ts";

export interface StartWatch {
  note(outcome: "ready" | "failed", reason: string): void;
  /** Nothing is to be started now: the last workers did not come up. */
  isHolding(): boolean;
  close(): void;
}

/** Watches whether workers come up. Never a silent loop: failures slow the starting down, and in the end the runtime says so and ends. */
export function createStartWatch(deps: { readonly clock: Clock; publish(event: RuntimeEvent): void; onRelease(): void; onGiveUp(reason: string): void }): StartWatch {
  let starts: Starts = NO_STARTS;
  let hasGivenUp = false;
  const alarm = createAlarm(deps.clock, release);

  /** A timer may be a little early by the wall clock. */
  function release(): void {
    if (judgeStarts(starts, deps.clock.nowMs()) === "hold") alarm.at(starts.holdUntilMs);
    else deps.onRelease();
  }

  return {
    note(outcome, reason) {
      const nowMs = deps.clock.nowMs();
      const before = starts;
      starts = afterStart(starts, outcome, nowMs);
      if (outcome === "ready") {
        if (before.failures > 0) deps.publish({ kind: "workers.recovered", atMs: nowMs, detail: `a worker has started after ${before.failures} that did not` });
        return;
      }
      deps.publish({ kind: "workers.failing", atMs: nowMs, failures: starts.failures, detail: reason, untilAtMs: starts.holdUntilMs > nowMs ? starts.holdUntilMs : null });
      if (judgeStarts(starts, nowMs) === "hold") alarm.at(starts.holdUntilMs);
      if (judgeStarts(starts, nowMs) !== "give-up" || hasGivenUp) return;
      hasGivenUp = true;
      deps.onGiveUp(`${starts.failures} workers in a row did not start; the last one: ${reason}`);
    },
    isHolding: () => starts.failures > 0 && judgeStarts(starts, deps.clock.nowMs()) !== "fine",
    close: () => alarm.cancel(),
  };
}
