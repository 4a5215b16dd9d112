import type { Autopsy } from "./autopsy.ts";
import type { Budget } from "./budget.ts";
import type { StageSighting } from "./stage.ts";
import type { Enforcement, ErrorInfo, ExitStatus, Leak, Usage } from "./verdict.ts";

/** Why we ourselves ended (or asked to end) an attempt. Recorded before any signal is sent; `atMs` is Unix time. */
export type Intent =
  | {
      readonly kind: "memory" | "pids" | "time" | "stall" | "block" | "output";
      readonly limit: number;
      readonly observed: number;
      readonly atMs: number;
      /** Set when the limit is that of a stage. */
      readonly stage?: string;
    }
  | { readonly kind: "cancel"; readonly by: string; readonly reason: string; readonly mode: "graceful" | "kill"; readonly atMs: number }
  | { readonly kind: "drain"; readonly reason: string; readonly atMs: number }
  /** Its worker was being ended for another attempt when it began there. */
  | { readonly kind: "preempt"; readonly reason: string; readonly atMs: number };

/** What the bootstrap inside a Node worker said about the attempt before the end. */
export type Report =
  | { readonly kind: "returned"; readonly resultBytes: number }
  | { readonly kind: "threw"; readonly error: ErrorInfo }
  | { readonly kind: "exiting"; readonly code: number; readonly stack: string | null }
  | { readonly kind: "uncaught"; readonly error: ErrorInfo }
  | { readonly kind: "drained" };

export interface LaunchFailure {
  readonly code: "ENOENT" | "EACCES" | "E2BIG" | "EAGAIN" | "ENOMEM" | "OTHER";
  readonly message: string;
}

/** Counter rises between the start and the end of the attempt; `null` where the machine has no such counter. */
export interface KernelRises {
  /** OOM kills charged to the attempt's own cgroup. */
  readonly oomKill: number | null;
  /** True when the own limit (our memory budget) was hit, not a limit above it. */
  readonly ownLimitHit: boolean | null;
  /** OOM kills anywhere on the machine (/proc/vmstat oom_kill). */
  readonly machineOomKill: number | null;
  /** Forks refused by the attempt's own pids limit. */
  readonly pidsRefused: number | null;
}

/** V8's own fatal report, when one was written. */
export interface FatalReport {
  readonly event: string;
  readonly trigger: string;
  readonly heapUsedBytes: number | null;
  readonly heapLimitBytes: number | null;
  readonly source: string;
}

export interface LoopState {
  /** How long the main event loop had been silent at the end; 0 when it answered. */
  readonly silentMs: number;
  /** Innermost first; empty when the loop was free or the frames could not be had. */
  readonly stack: readonly string[];
  /** R running, S sleeping, D uninterruptible, T stopped; null when not read. */
  readonly state: string | null;
  /** True when the capture was asked for and no frame came: a native call. */
  readonly nativeCall: boolean;
  /** Its heap while it was held for its stack. Left out or null: it was not read. */
  readonly heap?: HeldHeap | null;
}

/** The JavaScript heap of a thread that did not come back, read through its inspector. */
export interface HeldHeap {
  /** As it was read last: after it was watched, where it was. */
  readonly usedBytes: number;
  /** By how much it grew while it was watched; left out or null: not watched, or it did not answer again. */
  readonly grewBytes?: number | null;
  /** V8's limit; null when it is not known (no memory budget: V8's default). */
  readonly limitBytes: number | null;
  /** Share of its time, 0 to 1, that the thread then spent collecting garbage; null: not measured, which is so where the heap still had room. */
  readonly collectingShare: number | null;
}

export interface ProgressInfo {
  readonly done: number | null;
  readonly total: number | null;
  readonly note: string | null;
  readonly atMs: number;
}

export interface MonitorState {
  readonly samples: number;
  readonly failedReads: number;
  /** Longest delay of our own sampling timer during the attempt. Time verdicts are void when this is more than half of the limit. */
  readonly lagMsMax: number;
}

/** Everything that is known about the end of one attempt. Plain data: the verdict room turns it into a Verdict without any I/O. */
export interface AttemptEvidence {
  readonly kind: "module" | "command";
  readonly budget: Budget;
  readonly enforcement: Enforcement;
  readonly launchFailure: LaunchFailure | null;
  readonly intent: Intent | null;
  readonly exit: ExitStatus | null;
  readonly report: Report | null;
  readonly fatalReport: FatalReport | null;
  readonly kernel: KernelRises;
  readonly loop: LoopState;
  readonly usage: Usage;
  readonly leaks: readonly Leak[];
  readonly progress: ProgressInfo | null;
  /** Stages that were open at the end, outermost first, and the last one whose time was over. Left out: none was used. */
  readonly stages?: readonly StageSighting[];
  /** Last lines of the log, oldest first. */
  readonly logTail: readonly string[];
  readonly monitor: MonitorState;
  /** What is kept of an abnormal end; left out or null for a clean one. */
  readonly autopsy?: Autopsy | null;
  /** Set when the attempt's supervisor is gone and this evidence was found on disk afterwards. */
  readonly lostOwner: { readonly reason: "supervisor-died" | "machine-rebooted"; readonly detail: string } | null;
}
