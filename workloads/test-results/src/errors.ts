/**
 * Why a piece of work of this workload could not be done, in one word.
 * The runtime's own causes (over-memory, stalled, lost …) come from its verdicts; these are what the workload itself can tell.
 */
export type WorkCause = "oversize" | "malformed" | "network" | "not_junit" | "not_found" | "unauthorized" | "no_input" | "usage";

/** Worth trying again as it is: the network may recover. Everything else needs another input. */
const RETRYABLE: ReadonlySet<WorkCause> = new Set(["network", "oversize"]);

export class WorkError extends Error {
  override readonly name = "WorkError";
  readonly code: WorkCause;
  /** The runtime does not try again when this is false. */
  readonly retryable: boolean;

  constructor(code: WorkCause, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = RETRYABLE.has(code);
  }
}

/** An input that will be refused again however often it is read: it is quarantined until there is another one. */
export class BadInputError extends WorkError {
  override readonly retryable = false;
}

export { messageOf } from "workload-command-line";
