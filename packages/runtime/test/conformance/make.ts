import { NO_BUDGET, type AttemptRecord, type Cause, type Lease, type NewJob, type Next, type Settlement } from "../../src/model/index.ts";

/** A job with every default; tests say only what they are about. */
export function makeJob(given: Partial<NewJob> & { readonly id: string }): NewJob {
  const createdAtMs = given.createdAtMs ?? 1_790_000_000_000;
  return {
    type: "report.import",
    lane: "default",
    input: "{}",
    priority: 0,
    runAtMs: createdAtMs,
    createdAtMs,
    uniqueKey: null,
    tags: [],
    scheduleSlot: null,
    diversion: null,
    answer: null,
    retryOf: null,
    ...given,
  };
}

export interface AttemptWish {
  readonly cause?: Cause;
  readonly summary?: string;
  readonly log?: AttemptRecord["log"];
  readonly startedAtMs?: number;
  readonly result?: string | null;
}

/** What an attempt of this lease that ended now would settle with. */
export function makeSettlement(lease: Lease, next: Next, endedAtMs: number, wish: AttemptWish = {}): Settlement {
  const cause = wish.cause ?? (next.kind === "complete" ? "succeeded" : next.kind === "cancelled" ? "cancelled" : "failed");
  const startedAtMs = wish.startedAtMs ?? lease.leasedAtMs;
  return {
    lease,
    next,
    result: wish.result ?? null,
    attempt: {
      id: lease.attemptId,
      jobId: lease.jobId,
      attempt: lease.attempt,
      type: lease.type,
      lane: lease.lane,
      workerId: "w_1",
      pid: 4242,
      startedAtMs,
      endedAtMs,
      verdict: {
        cause,
        summary: wish.summary ?? `It ${cause}.`,
        confidence: "certain",
        evidence: [{ fact: "exit code", value: 0, source: "wait" }],
        hypotheses: [],
        error: null,
        stack: [],
      },
      exit: { code: 0, signal: null },
      usage: { wallSeconds: (endedAtMs - startedAtMs) / 1000, cpuSeconds: 0, memoryPeakBytes: 50_000_000, pidsPeak: 12, outputBytes: 0, memoryMethod: "anon+shmem" },
      leaks: [],
      enforcement: { tier: "scan", memory: "polled", pids: "polled" },
      budget: NO_BUDGET,
      log: wish.log === undefined ? { file: "workers/w_1.log", from: 0, to: 0 } : wish.log,
      next: next.kind,
    },
  };
}
