import type { Cause } from "./cause.ts";

/** One observed fact and where it was read. */
export interface Fact {
  readonly fact: string;
  readonly value: string | number | boolean | null;
  readonly source: string;
}

export type Confidence = "certain" | "likely" | "possible";

/** The usual suspects of a silent death. Each is judged for every end that does not say by itself what was behind it. */
export const SUSPECTS = ["memory-exhaustion", "time-limit", "database-lock", "oversized-input", "endless-loop"] as const;
export type Suspect = (typeof SUSPECTS)[number];

/** Something that could explain the end. `unsupported`: nothing speaks for it, and nothing rules it out. */
export interface Hypothesis {
  readonly cause: Cause | Suspect | "out-of-memory-elsewhere" | "operator";
  readonly text: string;
  readonly confidence: "proven" | "likely" | "possible" | "unsupported" | "ruled-out";
  readonly for: readonly Fact[];
  readonly against: readonly Fact[];
}

/**
 * Why an attempt ended: one cause from a closed set, with the facts that support it.
 * A cause that the evidence does not prove is never named; it is at most a hypothesis.
 */
export interface Verdict {
  readonly cause: Cause;
  /** One sentence for a person. */
  readonly summary: string;
  readonly confidence: Confidence;
  readonly evidence: readonly Fact[];
  readonly hypotheses: readonly Hypothesis[];
  /** What the program threw or was doing, when that is known. */
  readonly error: ErrorInfo | null;
  /** JS frames of a blocked loop, innermost first, "function (file:line:column)". */
  readonly stack: readonly string[];
  /** The stage in which it ended, or whose time was over; left out when there is none to tell of. */
  readonly stage?: string;
}

export interface ErrorInfo {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly stack: string | null;
  /** false when the job said that trying again is pointless. */
  readonly retryable: boolean;
}

/** What an attempt left behind. */
export interface Leak {
  readonly kind: "process" | "temp-directory";
  readonly pid: number | null;
  readonly command: string;
  /** "kill-pending": the kernel has not ended it yet (state D). */
  readonly state: "ended" | "kill-pending" | "removed";
}

export interface Usage {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly memoryPeakBytes: number;
  readonly pidsPeak: number;
  readonly outputBytes: number;
  readonly memoryMethod: "cgroup" | "anon+shmem" | "pss" | "rss" | "none";
}

/** How strongly the machine lets us enforce; printed in every record. */
export interface Enforcement {
  readonly tier: "cgroup" | "pidns" | "scan";
  readonly memory: "kernel" | "polled";
  readonly pids: "kernel" | "polled";
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}
