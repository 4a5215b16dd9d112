import { CAUSES, familyOf, type Cause } from "./cause.ts";
import { TROUBLE_KINDS, type IncidentScope, type TroubleDetail, type TroubleKind } from "./trouble.ts";

/**
 * open: nobody has looked yet. acknowledged: somebody has. resolved: said to be fixed, perhaps in a release. regressed: it happened again after that.
 */
export const INCIDENT_STATES = ["open", "acknowledged", "resolved", "regressed"] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** What an incident can be named for: the cause of an abnormal end, or a trouble that is more than one end. */
export type IncidentCause = Cause | TroubleKind;
export const INCIDENT_CAUSES: readonly IncidentCause[] = [...CAUSES.filter((cause) => familyOf(cause) === "error" || familyOf(cause) === "death"), ...TROUBLE_KINDS];

/** Whether it is a trouble that is more than one end. */
export function isTrouble(cause: IncidentCause): cause is TroubleKind {
  return (TROUBLE_KINDS as readonly string[]).includes(cause);
}

export interface IncidentNote {
  readonly atMs: number;
  readonly by: string;
  readonly text: string;
}

/** Abnormal ends that are the same trouble, or one lane, type, service or runtime that got into trouble as a whole: one fingerprint. */
export interface IncidentRecord {
  /** Follows from the fingerprint, so the same trouble always has the same id. */
  readonly id: string;
  readonly scope: IncidentScope;
  /** Of the type, lane or service that it is about; "" for the runtime. */
  readonly name: string;
  /** null: it is about no single type. */
  readonly type: string | null;
  readonly lane: string | null;
  readonly cause: IncidentCause;
  /** What makes it the same: the normalised error, frame or stage. */
  readonly signature: string;
  readonly title: string;
  readonly state: IncidentState;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  readonly count: number;
  /** Wall time of all its attempts together: the work that was lost. */
  readonly lostSeconds: number;
  /** null: no attempt led to it. */
  readonly lastAttemptId: string | null;
  readonly lastJobId: string | null;
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
  readonly attemptId: string | null;
  readonly jobId: string | null;
  readonly atMs: number;
  readonly release: string | null;
  /** Of a trouble that is more than one end. */
  readonly trouble: TroubleDetail | null;
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
