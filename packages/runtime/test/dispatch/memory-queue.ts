import type { Lease } from "../../src/model/index.ts";
import type { ClaimRequest } from "../../src/store/ports.ts";
import type { DispatcherOptions } from "../../src/dispatch/index.ts";

export interface WaitingJob {
  readonly id: string;
  readonly type: string;
  readonly lane: string;
  readonly priority: number;
  readonly runAtMs: number;
}

/** The three calls of the queue that dispatch uses, in memory, by the rules of QueuePort. */
export interface MemoryQueue {
  readonly port: DispatcherOptions["queue"];
  add(job: WaitingJob): void;
  waiting(): readonly WaitingJob[];
  leased(): number;
  readonly claims: ClaimRequest[];
}

export interface MemoryQueueOptions {
  nowMs(): number;
  /** Called before each answer; may take its time, may throw. */
  before(what: "claim" | "release" | "nextDueMs"): Promise<void>;
}

export function createMemoryQueue(options: MemoryQueueOptions): MemoryQueue {
  const waiting = new Map<string, WaitingJob>();
  const leased = new Map<string, WaitingJob>();
  const claims: ClaimRequest[] = [];
  let tokens = 0;

  function best(request: ClaimRequest): readonly WaitingJob[] {
    const taken = new Map<string, number>();
    return [...waiting.values()]
      .filter((job) => job.lane === request.lane && job.runAtMs <= request.nowMs)
      .sort((a, b) => b.priority - a.priority || a.runAtMs - b.runAtMs || (a.id < b.id ? -1 : 1))
      .filter((job) => {
        const count = (taken.get(job.type) ?? 0) + 1;
        taken.set(job.type, count);
        return count <= (request.perType.get(job.type) ?? request.limit);
      })
      .slice(0, request.limit);
  }

  function leaseOf(job: WaitingJob, nowMs: number): Lease {
    tokens += 1;
    return {
      jobId: job.id,
      attemptId: `a${tokens}`,
      attempt: 1,
      token: `t${tokens}`,
      type: job.type,
      lane: job.lane,
      input: "null",
      checkpoint: null,
      errors: 0,
      deaths: 0,
      leasedAtMs: nowMs,
      runAtMs: nowMs,
    };
  }

  return {
    claims,
    port: {
      async claim(request) {
        claims.push(request);
        await options.before("claim");
        return best(request).map((job) => {
          waiting.delete(job.id);
          leased.set(job.id, job);
          return leaseOf(job, request.nowMs);
        });
      },
      async release(leases) {
        await options.before("release");
        for (const lease of leases) {
          const job = leased.get(lease.jobId);
          if (job !== undefined) waiting.set(job.id, job);
          leased.delete(lease.jobId);
        }
        return [];
      },
      async nextDueMs() {
        await options.before("nextDueMs");
        const due = [...waiting.values()].map((job) => job.runAtMs).filter((runAtMs) => runAtMs > options.nowMs());
        return due.length === 0 ? null : Math.min(...due);
      },
    },
    add: (job) => waiting.set(job.id, job),
    waiting: () => [...waiting.values()],
    leased: () => leased.size,
  };
}
