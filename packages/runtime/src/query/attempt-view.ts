import type { AttemptRecord, Budget, Enforcement, ErrorInfo, ExitStatus, Leak, Usage, Verdict } from "../model/index.ts";
import { rfc3339, seconds } from "./time.ts";

/** What every attempt ends with, whether it ran from the queue or by `exec`. */
export interface AttemptOutcome {
  readonly verdict: Verdict;
  readonly exit: ExitStatus | null;
  readonly usage: Usage;
  readonly leaks: readonly Leak[];
  readonly enforcement: Enforcement;
}

export interface VerdictView {
  readonly cause: Verdict["cause"];
  readonly summary: string;
  readonly confidence: Verdict["confidence"];
  readonly evidence: Verdict["evidence"];
  readonly hypotheses: Verdict["hypotheses"];
  readonly error: ErrorInfo | null;
  readonly stack: readonly string[];
  /** The stage in which it ended, or whose time was over. */
  readonly stage: string | null;
}

export interface UsageView {
  readonly wall_seconds: number;
  readonly cpu_seconds: number;
  readonly memory_peak_bytes: number;
  readonly pids_peak: number;
  readonly output_bytes: number;
  readonly memory_method: Usage["memoryMethod"];
}

/** The part that `exec --json`, the CLI and the API show in exactly the same shape. */
export interface OutcomeView {
  readonly verdict: VerdictView;
  readonly exit: ExitStatus;
  readonly usage: UsageView;
  readonly leaks: readonly Leak[];
  readonly enforcement: Enforcement;
}

export interface AttemptView extends OutcomeView {
  readonly id: string;
  readonly job_id: string;
  readonly attempt: number;
  readonly type: string;
  readonly lane: string;
  readonly worker_id: string;
  readonly pid: number | null;
  readonly started_at: string;
  readonly ended_at: string;
  readonly budget: ReturnType<typeof renderBudget>;
  readonly log_bytes: number | null;
  readonly next: AttemptRecord["next"];
}

export function renderVerdict(verdict: Verdict): VerdictView {
  const { cause, summary, confidence, error, stack } = verdict;
  const evidence = verdict.evidence.map(({ fact, value, source }) => ({ fact, value, source }));
  const hypotheses = verdict.hypotheses.map((hypothesis) => ({
    cause: hypothesis.cause,
    text: hypothesis.text,
    confidence: hypothesis.confidence,
    for: hypothesis.for,
    against: hypothesis.against,
  }));
  return { cause, summary, confidence, evidence, hypotheses, error, stack, stage: verdict.stage ?? null };
}

export function renderOutcome(outcome: AttemptOutcome): OutcomeView {
  return {
    verdict: renderVerdict(outcome.verdict),
    exit: { code: outcome.exit?.code ?? null, signal: outcome.exit?.signal ?? null },
    usage: renderUsage(outcome.usage),
    leaks: outcome.leaks.map(({ kind, pid, command, state }) => ({ kind, pid, command, state })),
    enforcement: { tier: outcome.enforcement.tier, memory: outcome.enforcement.memory, pids: outcome.enforcement.pids },
  };
}

export function renderAttempt(record: AttemptRecord): AttemptView {
  return {
    id: record.id,
    job_id: record.jobId,
    attempt: record.attempt,
    type: record.type,
    lane: record.lane,
    worker_id: record.workerId,
    pid: record.pid === 0 ? null : record.pid,
    started_at: rfc3339(record.startedAtMs),
    ended_at: rfc3339(record.endedAtMs),
    ...renderOutcome(record),
    budget: renderBudget(record.budget),
    log_bytes: record.log === null ? null : record.log.to - record.log.from,
    next: record.next,
  };
}

export function renderBudget(budget: Budget) {
  return {
    memory_bytes: budget.memoryBytes,
    pids: budget.pids,
    time_seconds: seconds(budget.timeMs),
    stall_seconds: seconds(budget.stallMs),
    block_seconds: seconds(budget.blockMs),
    output_bytes: budget.outputBytes,
  };
}

function renderUsage(usage: Usage): UsageView {
  return {
    wall_seconds: usage.wallSeconds,
    cpu_seconds: usage.cpuSeconds,
    memory_peak_bytes: usage.memoryPeakBytes,
    pids_peak: usage.pidsPeak,
    output_bytes: usage.outputBytes,
    memory_method: usage.memoryMethod,
  };
}
