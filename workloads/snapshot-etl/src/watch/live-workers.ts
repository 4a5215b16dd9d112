import type { Runtime, RuntimeEvent } from "cofferdam";

export interface LiveWorker {
  readonly worker: string;
  readonly lane: string;
  readonly status: string;
  readonly jobId: string | null;
  readonly stalenessSeconds: number;
  readonly totalUpdates: number;
  readonly memoryBytes: number;
  readonly tasks: number;
}

export interface LiveWorkers {
  observe(event: RuntimeEvent): void;
  list(control: Runtime["control"]): readonly LiveWorker[];
}

interface Running {
  readonly lane: string;
  readonly jobId: string;
  updates: number;
  lastMs: number;
}

/** Who works on what, and when it was heard of last. */
export function createLiveWorkers(nowMs: () => number): LiveWorkers {
  const running = new Map<string, Running>();
  /** A worker that waits says which lane it served last. */
  const lanes = new Map<string, string>();
  return {
    observe(event) {
      if (event.kind === "attempt.started") {
        running.set(event.attemptId, { lane: event.lane, jobId: event.jobId, updates: 0, lastMs: event.atMs });
        lanes.set(event.workerId, event.lane);
      } else if (event.kind === "attempt.progress") {
        const attempt = running.get(event.attemptId);
        if (attempt === undefined) return;
        attempt.updates += 1;
        attempt.lastMs = event.atMs;
      } else if (event.kind === "attempt.ended") running.delete(event.attemptId);
      else if (event.kind === "worker.ended") lanes.delete(event.workerId);
    },
    list: (control) =>
      control.workers().map((worker) => {
        const attempt = worker.attempt === null ? undefined : running.get(worker.attempt.attemptId);
        return {
          worker: worker.id,
          lane: worker.attempt?.lane ?? lanes.get(worker.id) ?? "none",
          status: worker.state,
          jobId: worker.attempt?.jobId ?? null,
          stalenessSeconds: attempt === undefined ? 0 : Math.max(0, Math.round((nowMs() - attempt.lastMs) / 100) / 10),
          totalUpdates: attempt?.updates ?? 0,
          memoryBytes: worker.memoryBytes,
          tasks: worker.tasks,
        };
      }),
  };
}
