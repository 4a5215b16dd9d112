import type { Runtime, RuntimeEvent } from "cofferdam";

export type JobEvent = Extract<RuntimeEvent, { readonly jobId: string; readonly type: string }>;

/** Hands the runtime's events to whoever started the job, also those that came before its id was known. */
export interface JobLine {
  listen(jobId: string, listener: (event: JobEvent) => void): () => void;
  close(): void;
}

/** Events of jobs that nobody listens to yet; more than this many are never between an enqueue and its answer. */
const EARLY_MAX = 500;

export function createJobLine(runtime: Pick<Runtime, "onEvent">, types: ReadonlySet<string>): JobLine {
  const listeners = new Map<string, (event: JobEvent) => void>();
  let early: JobEvent[] = [];
  const unlisten = runtime.onEvent((event) => {
    if (!("jobId" in event) || !("type" in event) || event.jobId === null || event.type === null || !types.has(event.type)) return;
    const listener = listeners.get(event.jobId);
    if (listener === undefined) early = [...early, event as JobEvent].slice(-EARLY_MAX);
    else listener(event as JobEvent);
  });
  return {
    listen(jobId, listener) {
      listeners.set(jobId, listener);
      const missed = early.filter((event) => event.jobId === jobId);
      early = early.filter((event) => event.jobId !== jobId);
      for (const event of missed) listener(event);
      return () => void listeners.delete(jobId);
    },
    close: unlisten,
  };
}

const ENDED: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled", "quarantined"]);

export function isEnd(event: JobEvent): event is Extract<JobEvent, { kind: "job.settled" }> {
  return event.kind === "job.settled" && ENDED.has(event.state);
}
