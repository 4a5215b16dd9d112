import type { JobRecord, Runtime } from "cofferdam";
import type { JobEnd } from "./classify-end.ts";

/** How a job ended, with what its last attempt threw. */
export async function readJobEnd(control: Runtime["control"], job: JobRecord): Promise<JobEnd> {
  const attempts = await control.attempts(job.id).catch(() => []);
  const last = attempts.toSorted((a, b) => a.attempt - b.attempt).at(-1);
  const error = last?.verdict.error ?? null;
  return {
    state: job.state,
    cause: job.cause ?? last?.verdict.cause ?? null,
    summary: job.summary,
    error: error === null ? null : { code: error.code, message: error.message, retryable: error.retryable },
  };
}
