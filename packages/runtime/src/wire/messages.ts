import type { BrokenModule, ErrorInfo, Fault, JobType, PointedError, PressureLevel, Rest } from "../model/index.ts";
import type { BreakerNews, BreakerQuestion, BreakerReply } from "./breaker-message.ts";
import type { ControlQuestion, ControlReply } from "./control-message.ts";
import type { CountMessage } from "./count-message.ts";
import type { KeptMessage } from "./kept-message.ts";
import type { ServiceMessage } from "./service-message.ts";
import type { StageMessage } from "./stage-message.ts";

/** Host to worker. The payload is named beside each. */
export type ToWorker =
  /** payload: the attempts' inputs, one after the other, cut by inputBytes; a checkpoint follows its input. */
  | { readonly kind: "run"; readonly work: AssignedWork; readonly attempts: readonly AttemptAssignment[] }
  | { readonly kind: "abort"; readonly attemptId: string; readonly reason: AbortReason; readonly graceMs: number }
  /** Give back what has not started. */
  | { readonly kind: "recall" }
  | { readonly kind: "checkpointed"; readonly attemptId: string; readonly sequence: number; readonly ok: boolean }
  | { readonly kind: "pressure"; readonly level: PressureLevel }
  /** End what is kept for the next attempt: its room is needed. */
  | { readonly kind: "give-up-kept"; readonly reason: string }
  /** Fault injection: only while this attempt runs. */
  | { readonly kind: "chaos"; readonly attemptId: string; readonly fault: Fault }
  | BreakerReply
  | BreakerNews
  | ControlReply
  | { readonly kind: "describe"; readonly request: number; readonly moduleUrls: readonly string[] }
  /** payload: the input's JSON text. */
  | { readonly kind: "validate"; readonly request: number; readonly moduleUrl: string; readonly exportName: string }
  /** Finish and exit with code 0. */
  | { readonly kind: "retire" };

/** What all attempts of one message run. */
export interface AssignedWork {
  readonly type: string;
  readonly moduleUrl: string;
  readonly exportName: string;
}

export interface AttemptAssignment {
  readonly attemptId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly inputBytes: number;
  readonly checkpointBytes: number;
}

/** Why a job is asked to end; `job.signal.reason` carries it. */
export interface AbortReason {
  readonly kind: "time" | "stall" | "cancel" | "drain";
  readonly text: string;
}

/** An attempt is over, and where another one waits behind it, that one has begun: most short attempts cost one message. */
export type AttemptEnded = {
  readonly kind: "ended";
  readonly attemptId: string;
  readonly logOffset: number;
  readonly wallMs: number;
  readonly cpuMicros: number;
  /** Left out: not looked at. */
  readonly rest?: Rest;
  /** Its log begins where this one's ends. Left out: none waits, or it begins later. */
  readonly next?: { readonly attemptId: string; readonly atMs: number; readonly isLoading: boolean };
} & ({ readonly outcome: "returned" } | { readonly outcome: "threw"; readonly error: ErrorInfo });

/** Worker (main thread) to host. */
export type FromWorker =
  | { readonly kind: "ready"; readonly pid: number }
  | { readonly kind: "started"; readonly attemptId: string; readonly atMs: number; readonly logOffset: number; readonly isLoading: boolean }
  | { readonly kind: "progress"; readonly attemptId: string; readonly done: number | null; readonly total: number | null; readonly note: string | null }
  /** payload: JSON text. */
  | { readonly kind: "checkpoint"; readonly attemptId: string; readonly sequence: number }
  /** payload: JSON text of the result when outcome is "returned" and there is one. */
  | AttemptEnded
  | StageMessage
  | ServiceMessage
  | ControlQuestion
  | BreakerQuestion
  | KeptMessage
  | CountMessage
  | { readonly kind: "uncaught"; readonly error: ErrorInfo }
  /** Written in process.on("exit"): tells process.exit(134) from an abort. */
  | { readonly kind: "exiting"; readonly code: number; readonly stack: string | null; readonly drained: boolean }
  /** The module of an attempt that began with `isLoading` has been read. */
  | { readonly kind: "loaded" }
  | { readonly kind: "beat" }
  | { readonly kind: "recalled"; readonly attemptIds: readonly string[] }
  | { readonly kind: "described"; readonly request: number; readonly types: readonly JobType[]; readonly broken: readonly BrokenModule[] }
  /** failure: its module could not be read again. */
  | { readonly kind: "validated"; readonly request: number; readonly errors: readonly PointedError[]; readonly failure?: string };
