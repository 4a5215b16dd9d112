import type { AppMount, RestartReason, ServiceRecord, ServiceRules } from "../model/index.ts";
import type { Sentence } from "./rules.ts";

/** stopped: nobody wants it. waiting: it starts when its pause is over. starting: no update yet. stopping: it was asked to end. down: restarts did not help. */
export type ServiceState = "stopped" | "waiting" | "starting" | "running" | "stopping" | "down";

/** The health of one service. */
export interface ServiceView {
  readonly name: string;
  readonly description: string;
  readonly state: ServiceState;
  readonly record: ServiceRecord;
  readonly rules: ServiceRules;
  /** The app whose addresses it serves. */
  readonly app: AppMount | null;
  readonly attemptId: string | null;
  readonly workerId: string | null;
  readonly pid: number | null;
  readonly startedAtMs: number | null;
  readonly nextStartAtMs: number | null;
  readonly updates: number;
  readonly lastUpdateAtMs: number | null;
  /** Since the last update, else since the start; null while it does not run. */
  readonly stalenessMs: number | null;
  readonly note: string | null;
  /** JSON text of what it last told of itself. */
  readonly data: string | null;
  readonly errorsInWindow: number;
  readonly errorsTotal: number;
  readonly lastError: { readonly text: string; readonly atMs: number } | null;
  readonly memoryBytes: number | null;
  readonly memoryLimitBytes: number | null;
  readonly tasks: number | null;
  readonly pidsLimit: number | null;
  /** Somebody or a rule has asked it to end, and it has not ended yet. */
  readonly restartRequested: RestartReason | null;
  /** Which rules it breaks now. */
  readonly sentences: readonly Sentence[];
}

/** What control needs of the services. */
export interface ServiceDoor {
  list(): readonly ServiceView[];
  find(name: string): ServiceView | null;
  /** @throws CofferdamError `service_not_running`. */
  recycle(name: string, by: string, reason: string): Promise<void>;
  /** Resolves when the wish is on disk; it may still be ending. Idempotent. */
  stop(name: string, by: string): Promise<void>;
  start(name: string, by: string): Promise<void>;
}
