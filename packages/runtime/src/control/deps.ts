import type { BrokenModule, Enforcement, Intent, JobType, MemoryLimit, MemoryReading, Pressure } from "../model/index.ts";
import type { RunningLog } from "../attempt/index.ts";
import type { ValidationWatch } from "../incident/index.ts";
import type { Chance, Clock } from "../platform/index.ts";
import type { MemoryReport } from "../dispatch/index.ts";
import type { Learner } from "../learning/index.ts";
import type { Chaos } from "../chaos/index.ts";
import type { Healer } from "../healing/index.ts";
import type { Intake } from "../intake/index.ts";
import type { BreakerBook } from "../breaker/index.ts";
import type { ServiceDoor } from "../service/index.ts";
import type { RecordedFlight } from "../recorder/index.ts";
import type { Store } from "../store/ports.ts";
import type { Crew } from "../supervisor/ports.ts";
import type { Enqueuer } from "./enqueue.ts";
import type { EventHub } from "./events.ts";
import type { LaneBook } from "./lane-book.ts";
import type { RuntimePhase } from "./ports.ts";

/** What control needs of the rooms that run things. The runtime wires it; each door is as small as control's need. */
export interface ControlDeps {
  readonly store: Store;
  readonly intake: Intake;
  readonly enqueuer: Enqueuer;
  readonly lanes: LaneBook;
  readonly events: EventHub;
  readonly crew: Pick<Crew, "workers" | "measured" | "recycle" | "activity">;
  readonly catalog: Catalog;
  readonly dispatch: DispatchDoor;
  readonly memory: MemoryDoor;
  readonly chaos: Chaos;
  readonly learner: Pick<Learner, "budgets" | "leaks">;
  readonly healer: Pick<Healer, "trips" | "trip" | "ramp">;
  readonly schedules: ScheduleDoor;
  readonly breakers: BreakerBook;
  readonly services: ServiceDoor;
  readonly host: HostDoor;
  /** What the flight recorder has on disk of an attempt. */
  readFlight(workerId: string, attemptId: string): Promise<RecordedFlight>;
  readonly validations: Pick<ValidationWatch, "add">;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** The job types that are loaded now. */
export interface Catalog {
  types(): ReadonlyMap<string, JobType>;
  broken(): readonly BrokenModule[];
}

/** What runs now, and how to make dispatch look again. */
export interface DispatchDoor {
  /** Something may have become runnable: a new job, a lane that was resumed, another limit. Without a lane: anywhere. */
  wake(lane?: string): void;
  /** A job becomes ready at this time (Unix ms). */
  wakeAt(dueMs: number): void;
  runningInLane(lane: string): number;
  runningOfType(type: string): number;
  /** Asks the running attempt of this job to end; false when none runs here. */
  stopAttempt(jobId: string, intent: Extract<Intent, { kind: "cancel" }>, graceMs: number): boolean;
  profile(jobId: string, kind: "cpu" | "heap", durationMs: number): Promise<string | null>;
  /** The running attempt's log, from its first byte on; null when no attempt of this job runs here. */
  runningLog(jobId: string): RunningLog | null;
}

/** How the memory is shared out, and how it is. */
export interface MemoryDoor {
  readonly limit: MemoryLimit;
  readonly marginBytes: number;
  report(): MemoryReport;
  pressure(): Pressure;
  reading(): MemoryReading;
}

/** Where an attempt's bytes are in a file that others may write on: `to` is null while it still writes. */
export type LogRange = NonNullable<RunningLog["log"]>;

export interface ScheduleDoor {
  /** @throws CofferdamError `invalid_option` when the expression or the time zone cannot be understood. */
  check(cron: string, timeZone: string): void;
  nextSlotMs(schedule: { readonly cron: string; readonly timeZone: string; readonly paused: boolean }, afterMs: number): number | null;
  /** The stored schedules have changed. */
  changed(): void;
  /** Runs a change of the stored schedules apart from firing, so that neither overwrites what the other wrote. */
  exclusively<Value>(change: () => Promise<Value>): Promise<Value>;
}

/** Facts about this process. */
export interface HostDoor {
  readonly version: string;
  readonly startedAtMs: number;
  readonly enforcement: Enforcement;
  readonly enforcementNotes: readonly string[];
  phase(): RuntimePhase;
  /** Longest delay of the main loop in the last minute. */
  loopDelayMsMax(): number;
}
