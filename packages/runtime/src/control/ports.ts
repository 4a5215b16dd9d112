import type { IncidentReport } from "../incident/index.ts";
import type { Fitting, Reservation, BlockedHead } from "../dispatch/index.ts";
import type {
  IdempotencyEntry,
  AttemptRecord,
  BreakerRecord,
  BrokenModule,
  Enforcement,
  FlightSample,
  IncidentRecord,
  IncidentState,
  JobRecord,
  JobState,
  JobType,
  LaneRecord,
  MemoryLimit,
  PointedError,
  Pressure,
  ScheduleRecord,
  SequencedEvent,
  TreeListing,
  ValidationRecord,
} from "../model/index.ts";
import type { BudgetView, LeakView } from "../learning/ports.ts";
import type { AppView } from "../service/index.ts";
import type { ChaosReport, ChaosRequest } from "../chaos/ports.ts";
import type { TripScope, TripView } from "../healing/ports.ts";
import type { ServiceView } from "../service/ports.ts";
import type { IncidentCount, IncidentFilter, JobFilter, Page, PageRequest, QueueCount, StoreHealth, TypeStats } from "../store/ports.ts";
import type { Activity, WorkerView } from "../supervisor/ports.ts";

/** What a caller asks to be done. */
export interface EnqueueRequest {
  readonly type: string;
  /** JSON text of the input. Default `null`. */
  readonly input?: string;
  readonly lane?: string;
  /** -100 (last) to 100 (first). Default: the type's, else 0. */
  readonly priority?: number;
  /** Run not before. Unix ms. */
  readonly runAtMs?: number;
  /** While a job of this type with this key waits or runs, no second one is stored: the first one's id is returned. */
  readonly uniqueKey?: string;
  readonly tags?: readonly string[];
  /** What to remember, in the commit that stores the job, as the answer to this request; asked when the job has its id. */
  readonly answer?: (job: Enqueued) => IdempotencyEntry;
}

export interface Enqueued {
  readonly id: string;
  readonly state: JobState;
  readonly deduplicated: boolean;
}

/** The one facade that HTTP, the CLI and the library door speak to. Every method refuses with a CofferdamError. */
export interface Control {
  enqueue(request: EnqueueRequest): Promise<Enqueued>;
  /** Each item by itself: one refused item does not stop the others. */
  enqueueMany(requests: readonly EnqueueRequest[]): Promise<readonly ({ readonly ok: true; readonly job: Enqueued } | { readonly ok: false; readonly error: Error })[]>;

  job(id: string): Promise<JobRecord>;
  /** JSON text of the checkpoint with which an attempt of this number began; null: from the start. */
  beganWith(id: string, attempt: number): Promise<string | null>;
  document(id: string, which: "input" | "result" | "checkpoint"): Promise<string | null>;
  jobs(filter: JobFilter, page: PageRequest): Promise<Page<JobRecord>>;
  countJobs(filter: JobFilter, cap: number): Promise<number>;
  attempts(jobId: string): Promise<readonly AttemptRecord[]>;
  attempt(jobId: string, attempt: number): Promise<AttemptRecord>;
  /** Bytes of an attempt's log; follows a running one. `fromByte` counts from the attempt's own start. */
  logs(jobId: string, attempt: number, options: { readonly follow: boolean; readonly fromByte: number; readonly signal?: AbortSignal }): AsyncIterable<Uint8Array>;
  /** What an attempt's tree was like, while it runs and afterwards, until its log passes its retention. */
  flight(jobId: string, attempt: number): Promise<FlightReport>;
  /** Samples the CPU or the heap of a running Node job, 100 ms to 60 s; the JSON text of a `.cpuprofile` or `.heapprofile`. */
  profile(jobId: string, kind: "cpu" | "heap", durationMs: number): Promise<string>;
  /** Why a job is not running; empty when it runs or has ended. */
  why(jobId: string): Promise<readonly WhyReason[]>;

  cancel(jobId: string, options: { readonly mode: "graceful" | "kill"; readonly by: string; readonly reason: string }): Promise<"cancelled" | "cancelling">;
  retry(jobId: string): Promise<Enqueued>;
  /** An attempt by its own id. */
  attemptById(id: string): Promise<AttemptRecord>;
  /** Ends a job that failed, was cancelled or waits in quarantine as succeeded, with this result. */
  adoptResult(jobId: string, adopted: { readonly result: string | null; readonly summary: string }): Promise<JobRecord>;
  /** A new job like this one with another input. */
  retryWithInput(jobId: string, input: string): Promise<Enqueued>;
  change(jobId: string, change: { readonly priority?: number; readonly runAtMs?: number; readonly lane?: string }): Promise<JobRecord>;
  remove(jobId: string): Promise<void>;
  releaseQuarantined(jobId: string, lane: string | null): Promise<void>;
  discardQuarantined(jobId: string): Promise<void>;

  lanes(): Promise<readonly LaneView[]>;
  pauseLane(name: string, what: "dispatch" | "intake", options: { readonly reason: string; readonly untilMs: number | null }): Promise<LaneView>;
  /** `ramp`: it comes back step by step, one attempt at first. A lane that has tripped always does. */
  resumeLane(name: string, what: "dispatch" | "intake", ramp?: boolean): Promise<LaneView>;
  /** Lanes and job types that are held back because too much failed in them. */
  trips(): readonly TripView[];
  /** Lets one of them begin again at once, one attempt at a time. @throws CofferdamError `trip_not_found`. */
  resumeTrip(scope: TripScope, name: string): TripView;
  setLaneConcurrency(name: string, concurrency: number): Promise<LaneView>;
  /** How the memory is shared out now. */
  ledger(): LedgerView;
  /** Injects faults into running attempts for a while. @throws CofferdamError `chaos_refused`, `invalid_request`. */
  startChaos(request: ChaosRequest): void;
  stopChaos(): void;
  /** What the last injection did, and what became of the jobs that it hit. */
  chaosReport(): Promise<ChaosReport>;
  /** What the job types need of memory, by what their attempts have used. */
  budgets(): readonly BudgetView[];
  /** What the attempts of each job type leave behind. */
  leaks(): readonly LeakView[];

  schedules(): Promise<readonly ScheduleView[]>;
  putSchedule(schedule: ScheduleRequest): Promise<{ readonly outcome: "created" | "updated"; readonly schedule: ScheduleView }>;
  removeSchedule(key: string): Promise<void>;
  runSchedule(key: string): Promise<Enqueued>;
  pauseSchedule(key: string, paused: boolean): Promise<ScheduleView>;

  apps(): readonly AppView[];
  app(name: string): AppView;

  services(): readonly ServiceView[];
  service(name: string): ServiceView;
  recycleService(name: string, options: { readonly by: string; readonly reason: string }): Promise<ServiceView>;
  /** Resolves when the wish is on disk; what runs may still be ending. */
  stopService(name: string, by: string): Promise<ServiceView>;
  startService(name: string, by: string): Promise<ServiceView>;
  /** Last seen first. */
  incidents(filter: IncidentFilter, page: PageRequest): Promise<Page<IncidentRecord>>;
  incident(id: string): Promise<IncidentRecord>;
  incidentCounts(): Promise<readonly IncidentCount[]>;
  /** What is known of an incident and of its last occurrence. */
  incidentReport(id: string): Promise<IncidentReport>;
  /** Moves an incident, adds a note to it, or both. */
  changeIncident(
    id: string,
    change: { readonly state: IncidentState | null; readonly resolvedInRelease: string | null; readonly note: string | null; readonly by: string },
  ): Promise<IncidentRecord>;
  /** Has the runtime watch that a fix holds; rules such as "pids < 150 for 24h". */
  validateIncident(id: string, rules: readonly string[]): Promise<ValidationRecord>;

  /** What is remembered of breakers, by key. */
  breakers(): readonly BreakerRecord[];
  breaker(key: string): BreakerRecord;
  /** Opens one by hand, for so long. */
  tripBreaker(key: string, options: { readonly by: string; readonly evidence: string; readonly forMs: number }): Promise<BreakerRecord>;
  resetBreaker(key: string, by: string): Promise<void>;

  types(): readonly JobType[];
  brokenModules(): readonly BrokenModule[];
  /** Every worker, with the memory and tasks of its tree read now. */
  workers(): readonly WorkerView[];
  /** What all workers do at this moment, with CPU and progress. Reads every tree: for a person who looks, not for often. */
  activity(): readonly (WorkerView & Activity)[];
  recycleWorker(id: string): boolean;
  counts(): Promise<readonly QueueCount[]>;
  typeStats(sinceMs: number): Promise<readonly TypeStats[]>;
  backup(file: string): Promise<{ readonly bytes: number }>;
  health(): Promise<HealthReport>;
  /** Cheap, synchronous: what /livez, /readyz and /startupz answer. */
  phase(): RuntimePhase;
  events(): EventFeed;
}

/** The flight record of one attempt. */
export interface FlightReport {
  readonly attemptId: string;
  readonly workerId: string;
  readonly source: "journal" | "flight file";
  readonly memoryBudgetBytes: number | null;
  /** Oldest first. */
  readonly samples: readonly FlightSample[];
  readonly tree: TreeListing | null;
}

export type RuntimePhase = "starting" | "running" | "draining" | "stopped";

export interface EventFeed {
  /** Events after this sequence number that are still kept, or "reset" when some are gone. */
  since(seq: number): readonly SequencedEvent[] | "reset";
  lastSeq(): number;
  subscribe(listener: (event: SequencedEvent) => void): () => void;
}

export interface WhyReason {
  /** Stable slug: runtime-draining, lane-paused, lane-full, type-full, memory-full, memory-kept, memory-pressure, lane-tripped, type-tripped, not-yet-due, backing-off, behind-others, no-such-type, quarantined, starting. */
  readonly code: string;
  readonly text: string;
  readonly untilMs: number | null;
}

export interface LaneView extends LaneRecord {
  readonly running: number;
  readonly ready: number;
  readonly oldestReadyMs: number | null;
  /** Set while it is held back because too much failed in it. */
  readonly held: TripView | null;
}

/** The ledger of the memory: what there is, what is set aside, what is used, what would fit next. */
export interface LedgerView {
  readonly limit: MemoryLimit;
  readonly marginBytes: number;
  /** The limit less the margin: what attempts may reserve together. */
  readonly capacityBytes: number;
  readonly reservedBytes: number;
  /** What the process trees of all workers use. */
  readonly usedBytes: number;
  readonly availableBytes: number;
  readonly stallPercent: number | null;
  readonly pressure: Pressure;
  /** closed: nothing is started beside what runs. */
  readonly gate: "open" | "closed";
  readonly reservations: readonly Reservation[];
  /** Types whose next job does not fit. */
  readonly blocked: readonly BlockedHead[];
  /** The one for which room is kept. */
  readonly keptFor: BlockedHead | null;
  readonly fits: readonly Fitting[];
}

export interface ScheduleView extends ScheduleRecord {
  readonly nextSlotMs: number | null;
}

export interface ScheduleRequest {
  readonly key: string;
  readonly type: string;
  readonly cron: string;
  readonly timeZone?: string;
  readonly input?: string;
  readonly lane?: string;
  readonly overlap?: "skip" | "queue";
  readonly catchUp?: "latest" | "none";
}

export interface HealthReport {
  readonly status: "pass" | "warn" | "fail";
  readonly phase: RuntimePhase;
  readonly version: string;
  readonly startedAtMs: number;
  readonly enforcement: Enforcement;
  /** Why the tier is what it is, one line each. */
  readonly enforcementNotes: readonly string[];
  readonly store: StoreHealth;
  readonly workers: number;
  readonly running: number;
  readonly quarantined: number;
  readonly brokenModules: number;
  /** Longest delay of the main loop in the last minute, ms. */
  readonly loopDelayMsMax: number;
  readonly notes: readonly string[];
}

export type { PointedError };
