import type { Fault, JobState } from "../model/index.ts";

export interface ChaosRequest {
  /** Share of attempts that are hit, above 0 to 1. */
  readonly rate: number;
  readonly faults: readonly Fault[];
  /** null: for as long as the runtime lives. */
  readonly durationMs: number | null;
  /** Only jobs of this type; null: of all. */
  readonly type: string | null;
  /** Also in production. */
  readonly force: boolean;
}

export interface ChaosReport {
  readonly state: "idle" | "running" | "stopped";
  readonly rate: number;
  readonly startedAtMs: number | null;
  readonly endsAtMs: number | null;
  readonly injected: Readonly<Record<Fault, number>>;
  /** Jobs that were hit at least once, and how they are now. */
  readonly jobs: number;
  readonly states: Readonly<Partial<Record<JobState, number>>>;
  /** Hit jobs that the store does not know any more although nobody removed them. Must be 0. */
  readonly lost: number;
}

export interface Chaos {
  /** @throws CofferdamError `chaos_refused` in production without force, and while it is running; `invalid_request`. */
  start(request: ChaosRequest): void;
  stop(): void;
  /** What this attempt was hit with, if it was. */
  faultOf(attemptId: string): Fault | null;
  /** Stops for good; resolves when what became of the jobs has been told. */
  close(): Promise<void>;
  report(): Promise<ChaosReport>;
}
