import type { KeptView } from "./kept-trees.ts";
import type { AttemptEvidence, BrokenModule, Fault, Intent, JobType, Lease, PointedError, PressureLevel, ProgressInfo, Rest } from "../model/index.ts";

/** The crew runs attempts in supervised process trees. It knows nothing of queues, verdicts or policy. */
export interface Crew {
  /**
   * Hands leases of ONE job type to ONE worker, which runs them one at a time in this order.
   * More than one is only worth it for types whose attempts are short; what has not started when the first one takes long is given back (`not-started`).
   */
  run(jobType: JobType, leases: readonly Lease[], listener: AttemptListener): readonly RunningAttempt[];
  /** Learns the job types that modules define, in a child process. Never throws for a broken module. */
  describe(moduleUrls: readonly string[]): Promise<{ readonly types: readonly JobType[]; readonly broken: readonly BrokenModule[] }>;
  /** Asks the module's own schema, in a child process. @throws CofferdamError `validator_failed` when it does not answer within 5 s. */
  validate(jobType: JobType, input: string): Promise<{ readonly ok: true } | { readonly ok: false; readonly errors: readonly PointedError[] }>;
  /** Starts workers ahead of need for these types. */
  warm(jobTypes: readonly JobType[]): void;
  /** Tells every worker, and those that start from now on, how the memory is. */
  tellPressure(level: PressureLevel): void;
  /** Fault injection into a running attempt; false when none of this id runs, or when it cannot be hit like this. */
  inject(attemptId: string, fault: Fault): boolean;
  /** Starts the workers that are kept warm and are missing. */
  refill(): void;
  /** As they were last looked at: nobody looks at a worker that idles. */
  workers(): readonly WorkerView[];
  /** Who may still write to its files: also a command whose process is not there yet. */
  workerIds(): readonly string[];
  /** The same with memory and tasks of every tree read now: 20 to 100 µs a worker. */
  measured(): readonly WorkerView[];
  /** CPU and progress of what runs now, by worker. Reads every tree: not for often. */
  activity(): ReadonlyMap<string, Activity>;
  /** Asks one worker to finish what it runs and end; a fresh one takes its place on demand. */
  recycle(workerId: string, reason: string): boolean;
  /** Ends every worker and verifies by census that nothing is left. */
  close(): Promise<void>;
}

export interface AttemptListener {
  onStarted(attemptId: string, start: AttemptStart): void;
  onProgress(attemptId: string, progress: ProgressInfo): void;
  /** The job awaits this: resolves once it is on disk. */
  onCheckpoint(attemptId: string, checkpoint: string): Promise<void>;
  /** A service asks the runtime for something: JSON text of the arguments, to JSON text of the answer. Left out: nobody answers. */
  onControl?(attemptId: string, method: string, args: string): Promise<string>;
  /** What a service tells of itself. */
  onReport?(attemptId: string, report: ServiceReport): void;
  /** Called before any signal is sent; the ladder waits for it (at most 250 ms). */
  onIntent(attemptId: string, intent: Intent): Promise<void>;
}

/** `data` is JSON text. */
export type ServiceReport = { readonly kind: "update"; readonly note: string | null; readonly data: string | null } | { readonly kind: "error"; readonly text: string };

export interface AttemptStart {
  readonly workerId: string;
  readonly pid: number;
  readonly atMs: number;
  /** Where its log begins. */
  readonly log: { readonly file: string; readonly from: number } | null;
}

export interface RunningAttempt {
  readonly lease: Lease;
  readonly end: Promise<AttemptEnd>;
  /** Where its bytes end in a log that the next attempt writes on; null while they have no end. Said before the next one writes, long before `end` may come. */
  logEnd?(): number | null;
  /** Samples a Node job's main thread or heap while it runs; JSON text, or null when it does not run or cannot be asked. */
  profile?(kind: "cpu" | "heap", durationMs: number): Promise<string | null>;
  /** Asks it to end, then ends it. `graceMs` 0 kills at once. Safe to call at any time; the second call cuts the grace of the first short. */
  stop(intent: Extract<Intent, { kind: "cancel" | "drain" }> | (Extract<Intent, { limit: number }> & { readonly kind: "stall" }), graceMs: number): void;
}

export type AttemptEnd =
  | {
      readonly kind: "ended";
      readonly evidence: AttemptEvidence;
      /** JSON text of what the job returned. */
      readonly result: string | null;
      /** What it left in a worker that is used again; left out or null: not looked at. */
      readonly rest?: Rest | null;
      readonly workerId: string;
      readonly pid: number;
      readonly startedAtMs: number;
      readonly endedAtMs: number;
      readonly log: { readonly file: string; readonly from: number; readonly to: number } | null;
    }
  | { readonly kind: "not-started" };

/** What a worker's tree does, beside its view. */
export interface Activity {
  /** Of the whole tree since it was started; null: not known. */
  readonly cpuSeconds: number | null;
  /** Read now, also of a worker that idles and is looked at by nobody else. */
  readonly memoryBytes: number;
  readonly tasks: number;
  readonly progress: ProgressInfo | null;
}

export interface WorkerView {
  readonly id: string;
  readonly pid: number;
  readonly state: "starting" | "idle" | "busy" | "retiring";
  readonly startedAtMs: number;
  readonly attemptsDone: number;
  /** What it runs now. */
  readonly attempt: {
    readonly attemptId: string;
    readonly jobId: string;
    readonly type: string;
    readonly lane: string;
    readonly sinceMs: number;
    /** The stage it is in. */
    readonly stage: string | null;
  } | null;
  readonly handedAhead: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number | null;
  /** What its jobs keep between attempts, in its memory and tasks too; as at the end of the last attempt. */
  readonly kept: readonly KeptView[];
  readonly tasks: number;
  readonly tier: "cgroup" | "pidns" | "scan";
}
