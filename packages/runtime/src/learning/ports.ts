import type { Cause, Leak, Rest } from "../model/index.ts";
import type { Slope } from "./fit.ts";

/** What one attempt tells of its type. */
export interface Lesson {
  readonly type: string;
  readonly workerId: string;
  readonly inputBytes: number;
  readonly peakBytes: number;
  /** The budget that held; null: none. */
  readonly budgetBytes: number | null;
  readonly cause: Cause;
  readonly leaks: readonly Leak[];
  /** null: not looked at. */
  readonly rest: Rest | null;
}

/** What an input is likely to need, with the error of that: 95 of 100 lie within it. */
export interface PeakPrediction {
  readonly peakBytes: number;
  readonly errorBytes: number;
  readonly observations: number;
}

export interface InputClassView {
  /** null: larger than all other classes. */
  readonly inputBytesMax: number | null;
  readonly observations: number;
  readonly p50Bytes: number | null;
  readonly p95Bytes: number | null;
  readonly maxBytes: number;
}

export interface BudgetView {
  readonly type: string;
  readonly budgetBytes: number | null;
  /** Attempts that ended by themselves. */
  readonly observations: number;
  readonly p50Bytes: number | null;
  readonly p95Bytes: number | null;
  readonly maxBytes: number | null;
  /** Attempts that died of memory, as far as they are remembered: their budget was not enough for them. */
  readonly memoryDeaths: number;
  /** null while there are too few observations. */
  readonly suggestedBytes: number | null;
  readonly advice: "unknown" | "set" | "raise" | "keep" | "lower";
  readonly classes: readonly InputClassView[];
  /** MiB of peak for each MiB of input. */
  readonly perInputMib: Slope | null;
}

/** What the attempts of a type leave behind. */
export interface LeakView {
  readonly type: string;
  readonly attempts: number;
  readonly processes: number;
  readonly tempDirectories: number;
  /** Attempts whose rest was looked at. */
  readonly looked: number;
  readonly scratchBytes: number;
  readonly handles: number;
  /** Heap growth per attempt in reused workers; null while nothing can be said. */
  readonly heap: { readonly bytesPerAttempt: number; readonly errorBytes: number; readonly verdict: "grows" | "steady" } | null;
}

export interface Learner {
  observe(lesson: Lesson): void;
  workerEnded(workerId: string): void;
  predict(type: string, inputBytes: number): PeakPrediction | null;
  /** What an attempt of a type without a budget should reserve; null: nobody knows yet. */
  reservation(type: string): number | null;
  budgets(types: Iterable<{ readonly type: string; readonly budgetBytes: number | null }>): readonly BudgetView[];
  leaks(): readonly LeakView[];
  /** Writes what is not stored yet. */
  close(): Promise<void>;
}
