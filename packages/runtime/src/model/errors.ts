/**
 * The errors Cofferdam itself raises, in three families. A verdict is never an error.
 * - `refused`: the caller asked for something that cannot be done; nothing was changed.
 * - `failed`: the world did not cooperate (disk full, no such program).
 * - `broken`: we made a mistake; please report it.
 */
export type ErrorFamily = "refused" | "failed" | "broken";

interface ErrorKind {
  readonly family: ErrorFamily;
  /** HTTP status that this error becomes. */
  readonly status: number;
  readonly title: string;
}

/** Every code, with its family, its HTTP status and its title. docs/reference/errors.md is compared with this table by a test. */
export const ERROR_KINDS = {
  invalid_option: { family: "refused", status: 400, title: "An option is not valid" },
  unknown_option: { family: "refused", status: 400, title: "There is no such option" },
  invalid_config: { family: "refused", status: 500, title: "The configuration is not valid" },
  invalid_json: { family: "refused", status: 400, title: "The body is not valid JSON" },
  invalid_request: { family: "refused", status: 400, title: "The request is not valid" },
  invalid_input: { family: "refused", status: 422, title: "The input does not match the job type's schema" },
  unknown_job_type: { family: "refused", status: 422, title: "There is no such job type" },
  unknown_lane: { family: "refused", status: 422, title: "There is no such lane" },
  job_module_broken: { family: "refused", status: 422, title: "A job module cannot be used" },
  input_too_large: { family: "refused", status: 413, title: "The input is too large" },
  unsupported_media_type: { family: "refused", status: 415, title: "The body must be application/json" },
  job_not_found: { family: "refused", status: 404, title: "There is no such job" },
  attempt_not_found: { family: "refused", status: 404, title: "There is no such attempt" },
  schedule_not_found: { family: "refused", status: 404, title: "There is no such schedule" },
  schedule_defined: { family: "refused", status: 409, title: "The schedule is defined by a job module" },
  incident_not_found: { family: "refused", status: 404, title: "There is no such incident" },
  incident_state: { family: "refused", status: 409, title: "The incident cannot become that" },
  breaker_not_found: { family: "refused", status: 404, title: "Nothing is remembered of this breaker" },
  service_not_found: { family: "refused", status: 404, title: "There is no such service" },
  service_not_running: { family: "refused", status: 409, title: "The service does not run" },
  app_not_found: { family: "refused", status: 404, title: "There is no such app" },
  app_unavailable: { family: "failed", status: 503, title: "The app does not answer now" },
  app_failed: { family: "failed", status: 502, title: "The app ended before it had answered" },
  app_timeout: { family: "failed", status: 504, title: "The app did not answer in time" },
  worker_not_found: { family: "refused", status: 404, title: "There is no such worker" },
  lane_not_found: { family: "refused", status: 404, title: "There is no such lane" },
  chaos_refused: { family: "refused", status: 409, title: "Faults are not injected here" },
  trip_not_found: { family: "refused", status: 404, title: "Nothing of this name is held back" },
  operation_not_found: { family: "refused", status: 404, title: "There is no such operation" },
  route_not_found: { family: "refused", status: 404, title: "There is nothing at this address" },
  method_not_allowed: { family: "refused", status: 405, title: "This address does not take that method" },
  job_gone: { family: "refused", status: 410, title: "The job was removed after its retention time" },
  job_not_finished: { family: "refused", status: 409, title: "The job has not ended yet" },
  job_finished: { family: "refused", status: 409, title: "The job has already ended" },
  job_running: { family: "refused", status: 409, title: "The job is running" },
  not_profiled: { family: "refused", status: 409, title: "No profile could be taken" },
  job_not_quarantined: { family: "refused", status: 409, title: "The job is not in quarantine" },
  unique_key_taken: { family: "refused", status: 409, title: "Another job holds the unique key" },
  request_in_progress: { family: "refused", status: 409, title: "A request with this Idempotency-Key is still running" },
  idempotency_key_reused: { family: "refused", status: 422, title: "This Idempotency-Key was used with another body" },
  precondition_failed: { family: "refused", status: 412, title: "The resource has changed since it was read" },
  lane_full: { family: "refused", status: 429, title: "The lane takes no more work for now" },
  intake_paused: { family: "refused", status: 503, title: "Intake is paused" },
  draining: { family: "refused", status: 503, title: "The runtime is shutting down" },
  starting: { family: "refused", status: 503, title: "The runtime is still starting" },
  unauthenticated: { family: "refused", status: 401, title: "A token is needed" },
  forbidden: { family: "refused", status: 403, title: "The token's role does not allow this" },
  host_not_allowed: { family: "refused", status: 403, title: "The Host header is not on the allow list" },
  cross_site_request: { family: "refused", status: 403, title: "Requests from another site are refused" },
  unsafe_listen: { family: "refused", status: 500, title: "Listening beyond loopback needs a token" },
  data_dir_locked: { family: "refused", status: 500, title: "Another process owns the data directory" },
  data_dir_unusable: { family: "failed", status: 500, title: "The data directory cannot be used" },
  database_corrupt: { family: "failed", status: 500, title: "The database is damaged" },
  database_newer: { family: "refused", status: 500, title: "The database was written by a newer Cofferdam" },
  store_full: { family: "failed", status: 503, title: "The disk is full" },
  store_failed: { family: "failed", status: 503, title: "The store could not be written" },
  store_closed: { family: "failed", status: 503, title: "The store is closed" },
  command_not_found: { family: "failed", status: 500, title: "The program was not found" },
  command_not_executable: { family: "failed", status: 500, title: "The program cannot be run" },
  launch_failed: { family: "failed", status: 500, title: "The process could not be started" },
  port_in_use: { family: "failed", status: 500, title: "The address is already in use" },
  unreachable: { family: "failed", status: 500, title: "No running Cofferdam answers at this address" },
  validator_failed: { family: "failed", status: 503, title: "The input could not be checked" },
  broken_invariant: { family: "broken", status: 500, title: "Cofferdam made a mistake" },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

export interface ErrorOptionsWithHint {
  /** What to do next, as one sentence. */
  readonly hint?: string;
  /** Where in the input: JSON pointers with what is wrong there. */
  readonly errors?: readonly PointedError[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

export interface PointedError {
  /** RFC 6901 JSON pointer into the body or options; "" is the whole. */
  readonly pointer: string;
  readonly detail: string;
}

/**
 * The only error class of the product.
 * @example
 * try { await runtime.enqueue("nope", {}) } catch (error) {
 *   if (error instanceof CofferdamError && error.code === "unknown_job_type") console.error(error.message, error.hint);
 * }
 */
export class CofferdamError extends Error {
  override readonly name = "CofferdamError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly errors: readonly PointedError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithHint = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get family(): ErrorFamily {
    return ERROR_KINDS[this.code].family;
  }

  get status(): number {
    return ERROR_KINDS[this.code].status;
  }

  get title(): string {
    return ERROR_KINDS[this.code].title;
  }
}

/** States a rule of our own; breaking it is a bug in Cofferdam, never the user's fault. */
export function assert(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new CofferdamError("broken_invariant", `this should never happen: ${rule}`, { hint: "Please report it with the stack." });
}
