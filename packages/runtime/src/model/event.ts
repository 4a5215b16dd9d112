import type { Cause } from "./cause.ts";
import type { IncidentCause, IncidentState } from "./incident.ts";
import type { JobState } from "./job.ts";
import type { Fault } from "./chaos.ts";
import type { Diversion } from "./lane.ts";
import type { RestartReason } from "./service.ts";
import type { PressureLevel } from "./memory.ts";
import type { Leak } from "./verdict.ts";

/** What happened, for the event stream, the CLI's lines and the metrics. Facts only; subscribers word them. */
export type RuntimeEvent =
  | { readonly kind: "job.enqueued"; readonly atMs: number; readonly jobId: string; readonly type: string; readonly lane: string; readonly state: JobState }
  | {
      readonly kind: "attempt.started";
      readonly atMs: number;
      readonly jobId: string;
      readonly attemptId: string;
      readonly attempt: number;
      readonly type: string;
      readonly lane: string;
      readonly workerId: string;
      readonly pid: number;
      readonly waitMs: number;
    }
  | {
      readonly kind: "attempt.progress";
      readonly atMs: number;
      readonly jobId: string;
      readonly attemptId: string;
      readonly type: string;
      readonly lane: string;
      readonly done: number | null;
      readonly total: number | null;
      readonly note: string | null;
    }
  | {
      readonly kind: "attempt.ended";
      readonly atMs: number;
      readonly jobId: string;
      readonly attemptId: string;
      readonly attempt: number;
      readonly type: string;
      readonly lane: string;
      readonly cause: Cause;
      readonly summary: string;
      readonly startedAtMs: number;
      readonly wallMs: number;
      readonly memoryPeakBytes: number;
      readonly pidsPeak: number;
      /** The incident that this end was added to. */
      readonly incidentId: string | null;
      readonly leaks: readonly Leak[];
      readonly next: "complete" | "retry" | "quarantine" | "give-up" | "cancelled";
      readonly retryAtMs: number | null;
      /** The lane it was moved to; null: it stays. */
      readonly movedTo: string | null;
    }
  | {
      readonly kind: "job.diverted";
      readonly atMs: number;
      readonly jobId: string;
      readonly type: string;
      /** Where it waits now. */
      readonly lane: string;
      readonly action: Diversion["kind"];
      readonly by: Diversion["by"];
      readonly inputBytes: number;
      readonly reason: string;
    }
  | {
      readonly kind: "job.settled";
      readonly atMs: number;
      readonly jobId: string;
      readonly type: string;
      readonly lane: string;
      readonly state: JobState;
      readonly cause: Cause | null;
    }
  | { readonly kind: "job.removed"; readonly atMs: number; readonly jobId: string }
  | {
      /** An abnormal end or a trouble was added to an incident: a new one, one that is known, or one that was said to be resolved. Without an end of its own: null. */
      readonly kind: "incident.opened" | "incident.recurred" | "incident.regressed";
      readonly atMs: number;
      readonly incidentId: string;
      readonly jobId: string | null;
      readonly attemptId: string | null;
      readonly type: string | null;
      readonly lane: string | null;
      readonly cause: IncidentCause;
      readonly title: string;
    }
  | { readonly kind: "incident.unwritten"; readonly atMs: number; readonly incidentId: string; readonly jobId: string | null; readonly detail: string }
  | { readonly kind: "incident.changed"; readonly atMs: number; readonly incidentId: string; readonly state: IncidentState; readonly by: string }
  | {
      readonly kind: "validation.passed" | "validation.failed";
      readonly atMs: number;
      readonly validationId: string;
      readonly incidentId: string;
      readonly detail: string;
    }
  | {
      readonly kind: "lane.changed";
      readonly atMs: number;
      readonly lane: string;
      readonly change: "dispatch-paused" | "dispatch-resumed" | "intake-paused" | "intake-resumed" | "concurrency";
      readonly reason: string;
    }
  | { readonly kind: "worker.started" | "worker.ended"; readonly atMs: number; readonly workerId: string; readonly pid: number; readonly reason: string }
  | {
      readonly kind: "schedule.fired" | "schedule.skipped" | "schedule.missed";
      readonly atMs: number;
      readonly key: string;
      readonly type: string;
      readonly jobId: string | null;
      readonly reason: string;
    }
  | {
      readonly kind: "breaker.opened" | "breaker.half-open" | "breaker.closed" | "breaker.reset";
      readonly atMs: number;
      readonly key: string;
      /** The attempt or person that made it so. */
      readonly by: string;
      readonly evidence: string | null;
      /** While it is open. */
      readonly untilMs: number | null;
    }
  | { readonly kind: "service.started" | "service.stopped"; readonly atMs: number; readonly service: string; readonly by: string }
  /** It has reported the first update of a start. */
  | { readonly kind: "service.running"; readonly atMs: number; readonly service: string; readonly attemptId: string }
  | {
      readonly kind: "service.restarting";
      readonly atMs: number;
      readonly service: string;
      readonly reason: RestartReason;
      readonly text: string;
      readonly startAtMs: number;
    }
  /** Restarts did not help. `to` says who takes over: whoever runs the runtime, or a person. */
  | { readonly kind: "service.escalated"; readonly atMs: number; readonly service: string; readonly text: string; readonly to: "runtime" | "stop" }
  | { readonly kind: "store.full" | "store.recovered"; readonly atMs: number; readonly detail: string }
  | {
      readonly kind: "lane.tripped";
      readonly atMs: number;
      readonly scope: "lane" | "type";
      readonly name: string;
      readonly reason: string;
      /** When it is tried again, one at a time. */
      readonly untilAtMs: number;
      readonly trips: number;
    }
  | { readonly kind: "lane.ramped"; readonly atMs: number; readonly scope: "lane" | "type"; readonly name: string; readonly allowed: number }
  | { readonly kind: "lane.recovered"; readonly atMs: number; readonly scope: "lane" | "type"; readonly name: string }
  | { readonly kind: "workers.failing"; readonly atMs: number; readonly failures: number; readonly detail: string; readonly untilAtMs: number | null }
  | { readonly kind: "workers.recovered"; readonly atMs: number; readonly detail: string }
  | {
      readonly kind: "chaos.injected";
      readonly atMs: number;
      readonly jobId: string;
      readonly attemptId: string;
      readonly type: string;
      readonly lane: string;
      readonly fault: Fault;
    }
  | {
      /** No more faults are injected: what became of the jobs that were hit. `lost` must be 0. */
      readonly kind: "chaos.ended";
      readonly atMs: number;
      readonly injected: number;
      readonly jobs: number;
      readonly lost: number;
      readonly detail: string;
    }
  | { readonly kind: "memory.pressure"; readonly atMs: number; readonly level: PressureLevel; readonly reason: string }
  | { readonly kind: "sweep.found"; readonly atMs: number; readonly detail: string; readonly processes: number; readonly attempts: number }
  | { readonly kind: "runtime.started" | "runtime.draining" | "runtime.stopped"; readonly atMs: number; readonly detail: string };

export type RuntimeEventKind = RuntimeEvent["kind"];

/** An event with its place in the stream. */
export interface SequencedEvent {
  readonly seq: number;
  readonly event: RuntimeEvent;
}
