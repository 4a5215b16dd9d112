import type {
  BreakerAnswer,
  BreakerAsk,
  BreakerMoment,
  BreakerRecord,
  EnqueueResult,
  Intent,
  LaneRecord,
  Lease,
  NewJob,
  ProgressInfo,
  ScheduleRecord,
  ServiceRecord,
  SettleOutcome,
  Trouble,
  ValidationRecord,
  IdempotencyEntry,
} from "../model/index.ts";
import type { BookEntry, ClaimRequest, IncidentChange, PruneResult, PruneRule, QueueCount, QueuePort, UnfinishedAttempt } from "./ports.ts";
import type { FailureMessage } from "./failure.ts";
import type { SettlementRow } from "./settlement-row.ts";

/** What holds a lease, without its payload: all that the fence needs. */
export interface LeaseKey {
  readonly jobId: string;
  readonly token: string;
}

type JobChange = Parameters<QueuePort["reschedule"]>[1];

/** Everything the writer can be asked, with what it answers. */
export interface Operations {
  enqueue: { ask: { readonly items: readonly NewJob[] }; answer: readonly EnqueueResult[] };
  /** `seed`: 16 hex digits of chance, from which the leases of this claim get their ids. */
  claim: { ask: { readonly request: ClaimRequest; readonly seed: string }; answer: readonly Lease[] };
  /** "as-asked": what nearly always is the answer crosses back as a word, for an object would be copied. */
  settle: { ask: { readonly row: SettlementRow }; answer: SettleOutcome | "as-asked" };
  release: { ask: { readonly leases: readonly LeaseKey[] }; answer: readonly string[] };
  checkpoint: { ask: { readonly lease: LeaseKey; readonly checkpoint: string }; answer: "settled" | "stale" };
  progress: { ask: { readonly entries: readonly { readonly lease: LeaseKey; readonly progress: ProgressInfo }[] }; answer: null };
  cancel: { ask: { readonly jobId: string; readonly by: string; readonly reason: string; readonly nowMs: number }; answer: Answer<"cancel"> };
  retry: { ask: { readonly jobId: string; readonly nowMs: number }; answer: Answer<"retry"> };
  adoptResult: {
    ask: { readonly jobId: string; readonly adopted: { readonly result: string | null; readonly summary: string }; readonly nowMs: number };
    answer: Answer<"adoptResult">;
  };
  releaseQuarantined: { ask: { readonly jobId: string; readonly lane: string | null; readonly nowMs: number }; answer: Answer<"releaseQuarantined"> };
  discardQuarantined: { ask: { readonly jobId: string; readonly nowMs: number }; answer: Answer<"discardQuarantined"> };
  reschedule: { ask: { readonly jobId: string; readonly change: JobChange; readonly nowMs: number }; answer: Answer<"reschedule"> };
  remove: { ask: { readonly jobId: string }; answer: Answer<"remove"> };
  nextDueMs: { ask: object; answer: number | null };
  counts: { ask: object; answer: readonly QueueCount[] };

  recordIntent: { ask: { readonly lease: LeaseKey; readonly intent: Intent }; answer: null };
  unfinished: { ask: { readonly owner: string }; answer: readonly UnfinishedAttempt[] };
  schedules: { ask: object; answer: readonly ScheduleRecord[] };
  putSchedule: { ask: { readonly schedule: ScheduleRecord }; answer: "created" | "updated" };
  removeSchedule: { ask: { readonly key: string }; answer: "removed" | "missing" };
  lanes: { ask: object; answer: readonly LaneRecord[] };
  putLane: { ask: { readonly lane: LaneRecord }; answer: null };
  book: { ask: { readonly book: string }; answer: readonly BookEntry[] };
  putBook: { ask: { readonly book: string; readonly entries: readonly { readonly key: string; readonly record: string | null }[] }; answer: null };
  idempotency: { ask: { readonly key: string }; answer: IdempotencyEntry | null };
  putIdempotency: { ask: { readonly entry: IdempotencyEntry }; answer: "stored" | "exists" };
  services: { ask: object; answer: readonly ServiceRecord[] };
  putService: { ask: { readonly service: ServiceRecord }; answer: null };
  breakers: { ask: { readonly nowMs: number }; answer: readonly BreakerRecord[] };
  changeBreaker: {
    ask: { readonly ask: BreakerAsk; readonly moment: BreakerMoment };
    answer: { readonly before: BreakerRecord | null; readonly record: BreakerRecord | null; readonly answer: BreakerAnswer };
  };
  changeIncident: { ask: { readonly incidentId: string; readonly change: IncidentChange; readonly nowMs: number }; answer: "changed" | "not-allowed" | "missing" };
  addTrouble: { ask: { readonly trouble: Trouble }; answer: "opened" | "recurred" | "regressed" };
  watching: { ask: object; answer: readonly ValidationRecord[] };
  putValidation: { ask: { readonly validation: ValidationRecord }; answer: null };
  strayLogs: { ask: { readonly names: readonly string[] }; answer: readonly string[] };
  prune: { ask: { readonly rule: PruneRule }; answer: PruneResult };
  /** Writes as much as a busy commit would, to find out whether that works. */
  probe: { ask: object; answer: null };
}

type Answer<Name extends keyof QueuePort> = QueuePort[Name] extends (...parameters: never[]) => Promise<infer Result> ? Result : never;

export type OperationKind = keyof Operations;
export type Operation<Kind extends OperationKind = OperationKind> = { [Name in Kind]: { readonly kind: Name } & Operations[Name]["ask"] }[Kind];

export type OperationReply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly failure: FailureMessage };

/** Main thread to writer. */
export type ToWriter = { readonly kind: "batch"; readonly batch: number; readonly operations: readonly Operation[] } | { readonly kind: "close" };

/** Writer to main thread. A batch is answered after its commit, in the order of its operations. */
export type FromWriter =
  | { readonly kind: "opened"; readonly schemaVersion: number; readonly journalMode: string }
  | { readonly kind: "refused"; readonly failure: FailureMessage }
  | { readonly kind: "answers"; readonly batch: number; readonly replies: readonly OperationReply[]; readonly disk: DiskReport };

/** idle: nothing was to be written. */
export type DiskReport = { readonly state: "written" | "idle" } | { readonly state: "refused"; readonly failure: FailureMessage };
