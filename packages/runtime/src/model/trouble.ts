import type { Cause } from "./cause.ts";
import type { Fact } from "./verdict.ts";

/**
 * Troubles that are more than one end. tripped: too much of a lane or type failed, so it is held back. escalated: restarts did not help a service.
 * workers-failing: workers do not come up. breaker-storm: many breakers opened within minutes.
 */
export const TROUBLE_KINDS = ["tripped", "escalated", "workers-failing", "breaker-storm"] as const;
export type TroubleKind = (typeof TROUBLE_KINDS)[number];

/** What an incident is about: nearly always a job type. */
export const INCIDENT_SCOPES = ["type", "lane", "service", "runtime"] as const;
export type IncidentScope = (typeof INCIDENT_SCOPES)[number];

/** One of the ends that made a trouble. */
export interface TroubleEnd {
  readonly attemptId: string;
  readonly jobId: string;
  readonly type: string;
  readonly lane: string;
  readonly cause: Cause;
  /** The incident that this end belongs to by itself. */
  readonly incidentId: string | null;
  readonly atMs: number;
}

/** What a trouble rests on: kept with its occurrence. */
export interface TroubleDetail {
  /** One sentence. */
  readonly reason: string;
  readonly facts: readonly Fact[];
  /** The ends it follows from, the first one first; at most 20. */
  readonly ends: readonly TroubleEnd[];
  /** What the runtime did about it. */
  readonly done: readonly Fact[];
}

/** One trouble, as it is added to its incident. */
export interface Trouble {
  readonly incidentId: string;
  readonly cause: TroubleKind;
  readonly scope: IncidentScope;
  /** Of the lane, type or service; for the runtime "". */
  readonly name: string;
  readonly title: string;
  readonly atMs: number;
  readonly release: string | null;
  readonly detail: TroubleDetail;
}

/** Ends that are kept with a trouble. */
export const TROUBLE_ENDS_MAX = 20;

/** A lane or type has tripped: what is known of it at that moment. */
export interface Trip {
  readonly scope: "lane" | "type";
  readonly name: string;
  readonly reason: string;
  readonly atMs: number;
  readonly untilMs: number;
  /** In a row. */
  readonly trips: number;
  /** The failures that counted, the first one first; at most 20. */
  readonly ends: readonly TroubleEnd[];
}
