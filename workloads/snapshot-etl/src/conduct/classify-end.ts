import type { Cause, JobState } from "cofferdam";
import { isErrorType, type ErrorType } from "../errors.ts";

/** How a job ended, as far as it says why the snapshot was not taken in. */
export interface Failure {
  readonly type: ErrorType;
  /** Trying the same again is pointless. */
  readonly permanent: boolean;
  /** The runtime's own cause, such as `over-memory`; the worker died unless it is `failed`. */
  readonly cause: Cause | "unknown";
  readonly message: string;
}

export interface JobEnd {
  readonly state: JobState;
  readonly cause: Cause | null;
  readonly summary: string | null;
  /** What the worker threw. */
  readonly error: { readonly code: string | null; readonly message: string; readonly retryable: boolean } | null;
}

const MEMORY: ReadonlySet<string> = new Set<Cause>(["over-memory", "out-of-heap", "oom-killed"]);
const TIME: ReadonlySet<string> = new Set<Cause>(["over-time", "stalled", "blocked"]);

export const OOM_REASON = "Quarantined: out of memory";

/** The runtime's verdict in this workload's words. */
export function classifyEnd({ cause, summary, error }: JobEnd): Failure {
  const known = cause ?? "unknown";
  const message = summary ?? `the job ended ${known}`;
  if (MEMORY.has(known)) return { type: "OOM", permanent: false, cause: known, message: `${OOM_REASON}. ${message}` };
  if (TIME.has(known)) return { type: "TIMEOUT", permanent: false, cause: known, message };
  if (known === "lock-contention") return { type: "DB_ERROR", permanent: false, cause: known, message };
  if (known === "failed" && error !== null && error.code !== null && isErrorType(error.code))
    return { type: error.code, permanent: !error.retryable, cause: known, message: error.message };
  return { type: "CRASH", permanent: false, cause: known, message };
}
