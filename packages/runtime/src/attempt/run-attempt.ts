import { describeOccurrence } from "../incident/index.ts";
import type {
  AttemptEvidence,
  AttemptRecord,
  JobType,
  LaneRecord,
  Rest,
  Lease,
  Next,
  Occurrence,
  RuntimeEvent,
  Settled,
  SettleOutcome,
  Settlement,
  Verdict,
} from "../model/index.ts";
import type { Chance, Clock } from "../platform/index.ts";
import { escalationOf, type PolicyQuestion } from "../policy/index.ts";
import type { AttemptEnd, RunningAttempt } from "../supervisor/ports.ts";
import { decideVerdict } from "../verdict/index.ts";

export interface AttemptDeps {
  readonly clock: Clock;
  readonly chance: Chance;
  /** The lane that a job goes to that died of memory; null when there is none. */
  highMemoryLane(): LaneRecord | null;
  /** Takes what this attempt tells of its type. */
  learn(attempt: AttemptRecord, input: string, rest: Rest | null): void;
  /** The worker is done with this lease. */
  freeSlot(lease: Lease, end: AttemptEnd): void;
  /** What the operator calls the code that runs; null when nobody said. */
  readonly release: string | null;
  /** Adds what only others know to the evidence of an abnormal end: the input's size, neighbours, the log. Never rejects. */
  witness(running: RunningAttempt, end: EndedAttempt): Promise<AttemptEvidence>;
  /** Does not give up while the disk is full: the evidence waits in memory, the lease stays held. */
  settle(settlement: Settlement): Promise<SettleOutcome>;
  publish(event: RuntimeEvent): void;
  /** Chooses what follows: the policy, or for work that is not taken from the queue whoever runs it. */
  choose(question: PolicyQuestion): Next;
}

export type EndedAttempt = Extract<AttemptEnd, { kind: "ended" }>;

/** What was wished for while it ran. */
export interface Wishes {
  readonly cancelRequested: boolean;
  readonly draining: boolean;
}

/** What the line leaves to its caller: nothing more to do, or a lease that never began. */
export type Line = { readonly kind: "settled"; readonly verdict: Verdict; readonly next: Next } | { readonly kind: "not-started" };

/**
 * The line that every attempt travels, in order: await the end, name the cause, choose what comes next, settle, tell.
 * Evidence comes from the supervisor; verdict and policy are pure; only the store changes the job's state.
 */
export async function runAttempt(running: RunningAttempt, jobType: JobType, wishes: () => Wishes, deps: AttemptDeps): Promise<Line> {
  const { lease } = running;
  // 1. The supervisor has started it and watches it.
  const end = await running.end;
  // The slot is free when the worker is, not when the disk has been written.
  deps.freeSlot(lease, end);
  if (end.kind === "not-started") return end;

  // 2. Why did it end? An abnormal end is worth a look around; a clean one costs nothing more.
  const evidence = end.evidence.autopsy == null ? end.evidence : await deps.witness(running, end);
  const verdict = decideVerdict(evidence);

  // 3. What happens to the job?
  const { cancelRequested, draining } = wishes();
  const nowMs = deps.clock.nowMs();
  const escalation = escalationOf(lease.lane, jobType.budget, deps.highMemoryLane());
  const next = deps.choose({
    verdict,
    jobType,
    errors: lease.errors,
    deaths: lease.deaths,
    nowMs,
    fraction: deps.chance.fraction(),
    drain: draining,
    preempted: evidence.intent?.kind === "preempt",
    cancelRequested,
    escalation,
  });

  // 4. All of it in one transaction, fenced by the lease's token: the job, the attempt's record and the incident that it belongs to.
  const attempt = recordOf(running, jobType, { ...end, evidence }, verdict, next);
  const occurrence = describeOccurrence(attempt, deps.release);
  const outcome = await deps.settle({ lease, next, attempt, result: next.kind === "complete" ? end.result : null, occurrence });

  // 5. Tell everybody who listens. A stale settle changed nothing, so there is nothing to tell.
  if (outcome === "stale") return { kind: "settled", verdict, next };
  tell({ attempt, occurrence, settled: outcome }, deps);
  deps.learn(attempt, lease.input, end.rest ?? null);
  return { kind: "settled", verdict, next: outcome.next };
}

function recordOf(running: RunningAttempt, jobType: JobType, end: EndedAttempt, verdict: Verdict, next: Next): AttemptRecord {
  const { lease } = running;
  const { evidence } = end;
  return {
    id: lease.attemptId,
    jobId: lease.jobId,
    attempt: lease.attempt,
    type: lease.type,
    lane: lease.lane,
    workerId: end.workerId,
    pid: end.pid,
    startedAtMs: end.startedAtMs,
    endedAtMs: end.endedAtMs,
    verdict,
    exit: evidence.exit,
    usage: evidence.usage,
    leaks: evidence.leaks,
    enforcement: evidence.enforcement,
    budget: jobType.budget,
    log: end.log,
    next: next.kind,
    autopsy: evidence.autopsy ?? null,
  };
}

/** What has happened, for those who listen. */
export interface News {
  readonly attempt: AttemptRecord;
  readonly occurrence: Occurrence | null;
  readonly settled: Settled;
}

export function tell({ attempt, occurrence, settled: { next, incident } }: News, deps: Pick<AttemptDeps, "clock" | "publish">): void {
  const shared = { atMs: deps.clock.nowMs(), jobId: attempt.jobId, type: attempt.type, lane: attempt.lane };
  deps.publish({
    ...shared,
    kind: "attempt.ended",
    attemptId: attempt.id,
    attempt: attempt.attempt,
    cause: attempt.verdict.cause,
    summary: attempt.verdict.summary,
    startedAtMs: attempt.startedAtMs,
    wallMs: attempt.usage.wallSeconds * 1000,
    memoryPeakBytes: attempt.usage.memoryPeakBytes,
    pidsPeak: attempt.usage.pidsPeak,
    incidentId: occurrence?.incidentId ?? null,
    leaks: attempt.leaks,
    next: next.kind,
    retryAtMs: next.kind === "retry" ? next.runAtMs : null,
    movedTo: next.kind === "retry" ? (next.lane ?? null) : null,
  });
  deps.publish({ ...shared, kind: "job.settled", state: stateAfter(next), cause: attempt.verdict.cause });
  if (occurrence === null || incident === null) return;
  const { incidentId, cause, title } = occurrence;
  deps.publish({ ...shared, kind: `incident.${incident}`, incidentId, attemptId: attempt.id, cause, title });
}

function stateAfter(next: Next): "succeeded" | "retrying" | "quarantined" | "failed" | "cancelled" {
  switch (next.kind) {
    case "complete":
      return "succeeded";
    case "retry":
      return "retrying";
    case "quarantine":
      return "quarantined";
    case "give-up":
      return "failed";
    case "cancelled":
      return "cancelled";
  }
}
