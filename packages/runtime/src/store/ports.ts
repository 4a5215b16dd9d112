import type {
  AttemptRecord,
  BreakerAnswer,
  BreakerAsk,
  BreakerMoment,
  BreakerRecord,
  Cause,
  EnqueueResult,
  IdempotencyEntry,
  IncidentCause,
  IncidentNote,
  IncidentRecord,
  IncidentState,
  InputShape,
  Intent,
  JobRecord,
  JobState,
  LaneRecord,
  Lease,
  NewJob,
  OccurrenceRecord,
  ProgressInfo,
  ScheduleRecord,
  ServiceRecord,
  Settlement,
  SettleOutcome,
  Trouble,
  ValidationRecord,
} from "../model/index.ts";

/**
 * What is to be done. Driven by test/conformance; the embedded engine and (later) PostgreSQL with pg-boss both pass it.
 * Every promise resolves only when the change is on disk. A rejected promise means that nothing was changed.
 * Failures: CofferdamError `store_full`, `store_failed`, `store_closed`.
 */
export interface QueuePort {
  /** All or nothing. Results are in the order of the items. */
  enqueue(items: readonly NewJob[]): Promise<readonly EnqueueResult[]>;
  /** Leases the best waiting jobs: highest priority, then earliest run time, then id. Never more than asked for. */
  claim(request: ClaimRequest): Promise<readonly Lease[]>;
  /** Ends attempts, each fenced by its lease's token and independent of the others. The job's row and the attempt's journal entry are written in one transaction. */
  settle(settlements: readonly Settlement[]): Promise<readonly SettleOutcome[]>;
  /** Gives back leases whose attempt never started; costs the job nothing. @returns the jobs that end here as cancelled, because that was asked for meanwhile. */
  release(leases: readonly Lease[]): Promise<readonly string[]>;
  /** Stores the checkpoint of a running attempt (JSON text). "stale" when the lease is no longer held. */
  checkpoint(lease: Lease, checkpoint: string): Promise<"settled" | "stale">;
  /** Notes progress; may be coalesced; not durable when it resolves. */
  progress(lease: Lease, progress: ProgressInfo): void;

  /** Cancels a job that is not running; for a running one only notes the request ("running"). */
  cancel(jobId: string, by: string, reason: string, nowMs: number): Promise<"cancelled" | "running" | "ended" | "missing">;
  /** Makes an ended or quarantined job ready again, with its counters reset. */
  retry(jobId: string, nowMs: number): Promise<"ready" | "not-ended" | "missing">;
  /** Ends a job that failed, was cancelled or waits in quarantine as succeeded, with a result (JSON text) that was found apart from the queue. */
  adoptResult(jobId: string, adopted: { readonly result: string | null; readonly summary: string }, nowMs: number): Promise<"adopted" | "not-ended" | "missing">;
  /** Lets a quarantined job run again, optionally in another lane; or ends it for good (`failed`). */
  releaseQuarantined(jobId: string, lane: string | null, nowMs: number): Promise<"ready" | "not-quarantined" | "missing">;
  discardQuarantined(jobId: string, nowMs: number): Promise<"discarded" | "not-quarantined" | "missing">;
  /** Changes a waiting job. */
  reschedule(
    jobId: string,
    change: { readonly priority?: number; readonly runAtMs?: number; readonly lane?: string },
    nowMs: number,
  ): Promise<"changed" | "running" | "ended" | "missing">;
  remove(jobId: string): Promise<"removed" | "running" | "missing">;

  /** When the next scheduled or retrying job becomes ready (Unix ms), for the dispatcher's alarm; null when none waits. */
  nextDueMs(): Promise<number | null>;
  counts(): Promise<readonly QueueCount[]>;
}

export interface ClaimRequest {
  readonly lane: string;
  /** How many at most. */
  readonly limit: number;
  /** Types that may not be claimed now, or only so many. */
  readonly perType: ReadonlyMap<string, number>;
  readonly nowMs: number;
  /** The claiming runtime, kept with the lease. */
  readonly owner: string;
}

export interface QueueCount {
  readonly lane: string;
  readonly type: string;
  readonly state: JobState;
  readonly count: number;
  /** Oldest run time among the ready ones, Unix ms. */
  readonly oldestReadyMs: number | null;
}

/** What happened, and what is configured. */
export interface JournalPort {
  /** Written before any signal is sent: who ended the attempt and why. */
  recordIntent(lease: Lease, intent: Intent): Promise<void>;
  /** Leases held by runtimes other than `owner`, with the intent recorded for each, for the sweep at the start. */
  unfinished(owner: string): Promise<readonly UnfinishedAttempt[]>;

  schedules(): Promise<readonly ScheduleRecord[]>;
  putSchedule(schedule: ScheduleRecord): Promise<"created" | "updated">;
  removeSchedule(key: string): Promise<"removed" | "missing">;
  lanes(): Promise<readonly LaneRecord[]>;
  putLane(lane: LaneRecord): Promise<void>;

  /** Small records that one room keeps for itself, as JSON text. */
  book(book: string): Promise<readonly BookEntry[]>;
  /** `record` null removes the entry. */
  putBook(book: string, entries: readonly { readonly key: string; readonly record: string | null }[]): Promise<void>;

  /** Remembers the answer to a request with an Idempotency-Key; see IdempotencyEntry. */
  idempotency(key: string): Promise<IdempotencyEntry | null>;
  putIdempotency(entry: IdempotencyEntry): Promise<"stored" | "exists">;

  /** Removes ended jobs (with attempts and idempotency entries) older than the given times. Returns what was removed. Bounded work per call. */
  prune(rule: PruneRule): Promise<PruneResult>;
  /** Of these log files, by their base names, those that no attempt points to. */
  strayLogs(names: readonly string[]): Promise<readonly string[]>;
}

export interface BookEntry {
  readonly key: string;
  readonly record: string;
}

export interface UnfinishedAttempt {
  readonly lease: Lease;
  readonly owner: string;
  readonly intent: Intent | null;
}

export interface PruneRule {
  readonly succeededBeforeMs: number;
  readonly failedBeforeMs: number;
  readonly idempotencyBeforeMs: number;
  /** Log files that are still written: they stay known, though no attempt points to them now. */
  readonly logsInUse: readonly string[];
  readonly limit: number;
}

export interface PruneResult {
  readonly jobs: number;
  /** Log files that no remaining attempt points to. Each is named once. */
  readonly logFiles: readonly string[];
}

/** The shared memory of who refuses us. On any database: read, decide with `changeBreaker` of the model and write, with the row locked meanwhile. */
export interface BreakerPort {
  /** What has not been forgotten yet. */
  breakers(): Promise<readonly BreakerRecord[]>;
  changeBreaker(ask: BreakerAsk, moment: BreakerMoment): Promise<{ readonly before: BreakerRecord | null; readonly record: BreakerRecord | null; readonly answer: BreakerAnswer }>;
}

/** What is kept of services. */
export interface ServicePort {
  services(): Promise<readonly ServiceRecord[]>;
  putService(service: ServiceRecord): Promise<void>;
}

/** Incidents: written with the settle of each abnormal end (see `Settlement.occurrence`), read and moved here. */
export interface IncidentPort {
  incident(id: string): Promise<IncidentRecord | null>;
  /** Last seen first. */
  incidents(filter: IncidentFilter, page: PageRequest): Promise<Page<IncidentRecord>>;
  /** How many there are, by cause and state. */
  incidentCounts(): Promise<readonly IncidentCount[]>;
  /** Adds a trouble that is more than one end to its incident. */
  addTrouble(trouble: Trouble): Promise<"opened" | "recurred" | "regressed">;
  /** Newest first. */
  occurrences(incidentId: string, limit: number): Promise<readonly OccurrenceRecord[]>;
  changeIncident(incidentId: string, change: IncidentChange, nowMs: number): Promise<"changed" | "not-allowed" | "missing">;
  /** Of one incident, or of all (null); newest first, 200 at most. */
  validations(incidentId: string | null, state: ValidationRecord["state"] | null): Promise<readonly ValidationRecord[]>;
  putValidation(validation: ValidationRecord): Promise<void>;
  /** Input sizes of the jobs of a type that succeeded lately; null when there are none. */
  inputSizes(type: string): Promise<InputShape["typical"]>;
  /** Attempts that ended between the two moments by a cause that counts as a death, the first ended first. */
  deathsBetween(fromMs: number, toMs: number, limit: number): Promise<readonly AttemptRecord[]>;
}

export interface IncidentFilter {
  readonly states?: readonly IncidentState[];
  readonly type?: string;
  readonly cause?: IncidentCause;
  readonly seenSinceMs?: number;
}

export interface IncidentChange {
  readonly state: IncidentState | null;
  readonly resolvedInRelease: string | null;
  readonly note: IncidentNote | null;
}

export interface IncidentCount {
  readonly cause: IncidentCause;
  readonly state: IncidentState;
  readonly count: number;
}

/** Reading; never waits behind writes. */
export interface ReadPort {
  job(jobId: string): Promise<JobRecord | null>;
  /** True when such a job existed and was pruned after its retention. */
  wasPruned(jobId: string): Promise<boolean>;
  /** JSON text of the checkpoint with which an attempt of this number began; null: from the start. */
  beganWith(jobId: string, attempt: number): Promise<string | null>;
  /** JSON text of the input, result or checkpoint; null when there is none. */
  document(jobId: string, which: "input" | "result" | "checkpoint"): Promise<string | null>;
  jobs(filter: JobFilter, page: PageRequest): Promise<Page<JobRecord>>;
  attempts(jobId: string): Promise<readonly AttemptRecord[]>;
  attempt(attemptId: string): Promise<AttemptRecord | null>;
  /** Counted up to `cap`. */
  countJobs(filter: JobFilter, cap: number): Promise<number>;
  typeStats(sinceMs: number): Promise<readonly TypeStats[]>;
}

export interface JobFilter {
  readonly states?: readonly JobState[];
  readonly lane?: string;
  readonly type?: string;
  readonly tag?: string;
  readonly cause?: Cause;
  /** Text in the id, summary or input. */
  readonly text?: string;
  readonly createdSinceMs?: number;
  readonly createdBeforeMs?: number;
}

export interface PageRequest {
  /** 1 to 1000. */
  readonly limit: number;
  /** Opaque; from the page before. Newest first. */
  readonly cursor: string | null;
}

export interface Page<T> {
  /** May be fewer than asked for although more follow: one call looks at a bounded number of jobs. Only a null cursor is the end. */
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface TypeStats {
  readonly type: string;
  readonly lane: string;
  readonly attempts: number;
  readonly byCause: Readonly<Partial<Record<Cause, number>>>;
  readonly wallMsP50: number | null;
  readonly wallMsP95: number | null;
  readonly waitMsP50: number | null;
  readonly waitMsP95: number | null;
}

/** A store with its life. */
export interface Store extends QueuePort, JournalPort, BreakerPort, ServicePort, IncidentPort, ReadPort {
  /** Consistent copy of the whole database while it is used. Refuses to overwrite. */
  backup(file: string): Promise<{ readonly bytes: number }>;
  health(): Promise<StoreHealth>;
  /** Lets running writes finish, then closes. Idempotent. */
  close(): Promise<void>;
}

export interface StoreHealth {
  readonly writable: boolean;
  readonly detail: string;
  readonly sizeBytes: number;
  readonly schemaVersion: number;
  readonly journalMode: string;
  /** How long the last commit took, from being handed over until it was on disk. */
  readonly lastCommitMs: number;
}
