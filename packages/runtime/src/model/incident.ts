import type { Cause } from "./cause.ts";

/**
 * open: nobody has looked yet. acknowledged: somebody has. resolved: said to be fixed, perhaps in a release. regressed: it happened again after that.
 */
export const INCIDENT_STATES = ["open", "acknowledged", "resolved", "regressed"] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

export interface IncidentNote {
  readonly atMs: number;
  readonly by: string;
  readonly text: string;
}

/** Abnormal ends that are the same trouble: one fingerprint. */
export interface IncidentRecord {
  /** Follows from the fingerprint, so the same trouble always has the same id. */
  readonly id: string;
  readonly type: string;
  readonly lane: string;
  readonly cause: Cause;
  /** What makes it the same: the normalised error, frame or stage. */
  readonly signature: string;
  readonly title: string;
  readonly state: IncidentState;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  readonly count: number;
  /** Wall time of all its attempts together: the work that was lost. */
  readonly lostSeconds: number;
  readonly lastAttemptId: string;
  readonly lastJobId: string;
  /** Releases in which it was seen, the first one first; at most 20. */
  readonly releases: readonly string[];
  readonly resolvedAtMs: number | null;
  readonly resolvedInRelease: string | null;
  readonly notes: readonly IncidentNote[];
}

/** One abnormal end, as it is added to its incident in the transaction that settles it. */
export interface Occurrence {
  readonly incidentId: string;
  readonly cause: Cause;
  readonly signature: string;
  readonly title: string;
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly lostSeconds: number;
  readonly release: string | null;
}

export interface OccurrenceRecord {
  readonly attemptId: string;
  readonly jobId: string;
  readonly atMs: number;
  readonly release: string | null;
}

const MOVES: Readonly<Record<IncidentState, readonly IncidentState[]>> = {
  open: ["acknowledged", "resolved"],
  acknowledged: ["open", "resolved"],
  resolved: ["open"],
  regressed: ["acknowledged", "resolved"],
};

/** Whether a person may move an incident like this. Only an occurrence makes it `regressed`. */
export function mayMove(from: IncidentState, to: IncidentState): boolean {
  return from === to || MOVES[from].includes(to);
}

/**
 * The state after one more occurrence. A resolved incident has regressed when code that should have had the fix shows it again: an attempt that began after the
 * resolve, unless it ran a release in which the trouble was known before and which is not the one with the fix (a rollout that is still under way).
 */
export function stateAfterOccurrence(
  incident: Pick<IncidentRecord, "state" | "resolvedAtMs" | "resolvedInRelease" | "releases">,
  occurrence: Pick<Occurrence, "startedAtMs" | "release">,
): IncidentState {
  if (incident.state !== "resolved") return incident.state;
  if (occurrence.startedAtMs <= (incident.resolvedAtMs ?? 0)) return "resolved";
  const { resolvedInRelease } = incident;
  const isOldRelease = resolvedInRelease !== null && occurrence.release !== null && occurrence.release !== resolvedInRelease && incident.releases.includes(occurrence.release);
  return isOldRelease ? "resolved" : "regressed";
}

export const VALIDATION_METRICS = ["pids", "memory_bytes", "staleness_seconds", "occurrences"] as const;
export type ValidationMetric = (typeof VALIDATION_METRICS)[number];

/** What must hold for a while, for a fix to count as proven: `metric` stays below `below`. */
export interface ValidationRule {
  readonly metric: ValidationMetric;
  readonly below: number;
  readonly forMs: number;
}

export interface RuleProgress {
  readonly rule: ValidationRule;
  readonly state: "watching" | "passed" | "failed";
  /** Highest value that was seen; null when nothing was. */
  readonly worst: number | null;
  /** When it failed or passed. */
  readonly decidedAtMs: number | null;
}

/** Rules under watch after an incident. Passed when every rule has passed; failed with the first that fails. */
export interface ValidationRecord {
  readonly id: string;
  readonly incidentId: string;
  readonly state: "watching" | "passed" | "failed";
  readonly startedAtMs: number;
  readonly rules: readonly RuleProgress[];
  /** Until when the runtime has watched without a gap. */
  readonly watchedUntilMs: number;
  /** Time in which no runtime watched. */
  readonly unwatchedMs: number;
}
