import type { JobState } from "../model/index.ts";
import type { Control } from "./ports.ts";

/** States in which nothing more happens by itself. */
const AT_REST: ReadonlySet<JobState> = new Set(["succeeded", "failed", "cancelled", "quarantined"]);

/**
 * Resolves when all of these jobs have come to rest, with those that did not succeed; or when the signal is aborted.
 * Listens from the call on: call it before the jobs are set going.
 */
export function watchEnds(
  control: Pick<Control, "events">,
  jobIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly { readonly jobId: string; readonly state: JobState }[]> {
  const waiting = new Set(jobIds);
  const bad: { readonly jobId: string; readonly state: JobState }[] = [];
  return new Promise((resolve) => {
    const done = (): void => {
      unsubscribe();
      signal.removeEventListener("abort", done);
      resolve(bad);
    };
    const unsubscribe = control.events().subscribe(({ event }) => {
      if (event.kind !== "job.settled" || !AT_REST.has(event.state) || !waiting.delete(event.jobId)) return;
      if (event.state !== "succeeded") bad.push({ jobId: event.jobId, state: event.state });
      if (waiting.size === 0) done();
    });
    signal.addEventListener("abort", done);
    if (waiting.size === 0 || signal.aborted) done();
  });
}
