import type { BreakerDoor } from "../breaker/index.ts";
import type { Budget, Fault, JobType, Lease, PressureLevel } from "../model/index.ts";
import type { Recorder } from "../recorder/index.ts";
import type { CountMessage } from "../wire/index.ts";
import type { Activity, AttemptListener, RunningAttempt, WorkerView } from "./ports.ts";
import type { SnapshotShelf } from "./snapshot-shelf.ts";
import type { Measured } from "./worker-view.ts";

export interface AttemptWorkerOptions {
  readonly id: string;
  readonly budget: Budget;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  readonly ledgerFile: string | null;
  readonly recorder: Recorder;
  /** Attempts after which it is replaced. 1 = a fresh process for every attempt. */
  readonly attemptsMax: number;
  /** Growth of the idle memory after which it is replaced. */
  readonly growthBytesMax: number;
  readonly breakers: BreakerDoor;
  /** Where V8 writes the heap when it is nearly full. Left out or null: nowhere. */
  readonly snapshots?: SnapshotShelf | null;
  /** For a person who looks at one attempt: further flags for its Node, and more patience. null is the usual time. */
  readonly debug?: { readonly nodeFlags: readonly string[]; readonly startTimeoutMs: number | null; readonly retireTimeoutMs: number | null };
  /** It has nothing to do and may be given something. */
  onIdle(worker: AttemptWorker): void;
  /** Its tree is empty and its place is free. */
  onGone(worker: AttemptWorker, reason: string): void;
  /** Whether it came up: told once, when it is ready or when it ended before. */
  onStart(outcome: "ready" | "failed", reason: string): void;
  /** Its jobs counted something; left out: nobody wants to know. */
  onCounted?(message: CountMessage): void;
}

/** A warm Node worker: takes leases of one type at a time, runs them one by one, and says how each ended. */
export interface AttemptWorker {
  readonly id: string;
  readonly gone: Promise<void>;
  isIdle(): boolean;
  /** The type whose jobs keep something here; null: nothing is kept. */
  keepsFor(): string | null;
  run(jobType: JobType, leases: readonly Lease[], listener: AttemptListener): readonly RunningAttempt[];
  retire(reason: string): void;
  /** To be called every 2 s: attempts that run are watched, this looks at the rest. Replaces it when it does too much although it has nothing to do, or does not begin what it was given. */
  look(): void;
  tellPressure(level: PressureLevel): void;
  /** Hits the attempt if it runs here now. */
  inject(attemptId: string, fault: Fault): boolean;
  view(): WorkerView;
  measure(): Measured;
  activity(): Activity;
}
