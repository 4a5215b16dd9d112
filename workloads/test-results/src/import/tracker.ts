import type { ImportProgress, Step } from "./request.ts";

/** Where an import stands: said at every step and between batches, with the time that each step took. */
export interface Tracker {
  step(step: Step, file: string): void;
  parsed(more: number): void;
  parsedTo(total: number): void;
  written(total: number): void;
  report(): void;
  counts(): ImportProgress;
  /** How long each step took so far. */
  seconds(): Partial<Record<Step, number>>;
}

export function createTracker(report: (progress: ImportProgress) => void, bytes: number): Tracker {
  let state: ImportProgress = { step: "parse-order", file: "", parsed: 0, written: 0, bytes };
  const change = (next: Partial<ImportProgress>): void => {
    state = { ...state, ...next };
    report(state);
  };
  const seconds: Partial<Record<Step, number>> = {};
  let sinceMs = performance.now();
  const endStep = (): void => {
    const nowMs = performance.now();
    seconds[state.step] = (seconds[state.step] ?? 0) + (nowMs - sinceMs) / 1000;
    sinceMs = nowMs;
  };
  return {
    step(step, file) {
      if (step === state.step && file === state.file) return;
      endStep();
      change({ step, file });
    },
    seconds() {
      endStep();
      return seconds;
    },
    parsed: (more) => change({ parsed: state.parsed + more }),
    parsedTo: (total) => change({ parsed: total }),
    written: (total) => change({ written: total }),
    report: () => report(state),
    counts: () => state,
  };
}
