import { familyOf, type Cause, type ErrorCode } from "../model/index.ts";

export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  config: 3,
  nothingMatched: 4,
  unreachable: 69,
  draining: 75,
  denied: 77,
  escalated: 90,
  jobFailed: 100,
  processDied: 101,
  outOfTime: 102,
  cancelled: 103,
} as const;

const BY_ERROR: Readonly<Partial<Record<ErrorCode, number>>> = {
  invalid_option: EXIT.usage,
  unknown_option: EXIT.usage,
  invalid_json: EXIT.usage,
  invalid_request: EXIT.usage,
  invalid_input: EXIT.usage,
  input_too_large: EXIT.usage,
  unknown_job_type: EXIT.usage,
  unknown_lane: EXIT.usage,
  idempotency_key_reused: EXIT.usage,
  invalid_config: EXIT.config,
  unsafe_listen: EXIT.config,
  job_module_broken: EXIT.config,
  job_not_found: EXIT.nothingMatched,
  job_gone: EXIT.nothingMatched,
  attempt_not_found: EXIT.nothingMatched,
  schedule_not_found: EXIT.nothingMatched,
  lane_not_found: EXIT.nothingMatched,
  trip_not_found: EXIT.nothingMatched,
  operation_not_found: EXIT.nothingMatched,
  service_not_found: EXIT.nothingMatched,
  incident_not_found: EXIT.nothingMatched,
  breaker_not_found: EXIT.nothingMatched,
  worker_not_found: EXIT.nothingMatched,
  unreachable: EXIT.unreachable,
  draining: EXIT.draining,
  starting: EXIT.draining,
  intake_paused: EXIT.draining,
  lane_full: EXIT.draining,
  request_in_progress: EXIT.draining,
  unauthenticated: EXIT.denied,
  forbidden: EXIT.denied,
  host_not_allowed: EXIT.denied,
  cross_site_request: EXIT.denied,
};

export function exitCodeOfError(code: ErrorCode): number {
  return BY_ERROR[code] ?? EXIT.unexpected;
}

/** Exit code of `run` by the verdict's cause. */
export function exitCodeOf(cause: Cause): number {
  if (cause === "over-time") return EXIT.outOfTime;
  switch (familyOf(cause)) {
    case "success":
      return EXIT.ok;
    case "error":
      return EXIT.jobFailed;
    case "death":
      return EXIT.processDied;
    case "none":
      return EXIT.cancelled;
  }
}
