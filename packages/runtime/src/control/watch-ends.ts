import type { JobState, RuntimeEvent } from "../model/index.ts";
import type { Control } from "./ports.ts";

/** States in which nothing more happens by itself. */
const AT_REST: ReadonlySet<JobState> = new Set(["succeeded", "failed", "cancelled", "quarantined"]);

export interface JobEnd {
  readonly jobId: string;
  readonly state: JobState | "removed";
}

/**
 * Resolves when all of these jobs have come to rest or were removed, with those that did not succeed; or when the signal is aborted.
 * Listens from the call on: call it before the jobs are set going.
 */
export function watchEnds(control: Pick<Control, "events">, jobIds: readonly string[], signal: AbortSignal): Promise<readonly JobEnd[]> {
  const waiting = new Set(jobIds);
  const bad: JobEnd[] = [];
  return new Promise((resolve) => {
    const done = (): void => {
      unsubscribe();
      signal.removeEventListener("abort", done);
      resolve(bad);
    };
    const unsubscribe = control.events().subscribe(({ event }) => {
      const end = endIn(event);
      if (end === null || !waiting.delete(end.jobId)) return;
      if (end.state !== "succeeded") bad.push(end);
      if (waiting.size === 0) done();
    });
    signal.addEventListener("abort", done);
    if (waiting.size === 0 || signal.aborted) done();
  });
}

function endIn(event: RuntimeEvent): JobEnd | null {
  if (event.kind === "job.removed") return { jobId: event.jobId, state: "removed" };
  return event.kind === "job.settled" && AT_REST.has(event.state) ? { jobId: event.jobId, state: event.state } : null;
}
