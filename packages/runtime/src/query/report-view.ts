import type { IncidentRecord } from "../model/index.ts";
import type { IncidentReport } from "../incident/index.ts";
import { snakeFields } from "./snake-fields.ts";
import { rfc3339 } from "./time.ts";

/** A report as it goes over the wire; `version` changes when a field changes its meaning. */
export type ReportView = { readonly version: 1 } & Readonly<Record<string, unknown>>;

export interface IncidentView {
  readonly id: string;
  readonly scope: IncidentRecord["scope"];
  readonly name: string;
  readonly type: string | null;
  readonly lane: string | null;
  readonly cause: string;
  readonly title: string;
  readonly signature: string;
  readonly state: IncidentRecord["state"];
  readonly first_seen_at: string;
  readonly last_seen_at: string;
  readonly count: number;
  readonly lost_seconds: number;
  readonly last_attempt_id: string | null;
  readonly last_job_id: string | null;
  readonly releases: readonly string[];
  readonly resolved_at: string | null;
  readonly resolved_in_release: string | null;
  readonly notes: readonly { readonly at: string; readonly by: string; readonly text: string }[];
}

export function renderIncident(record: IncidentRecord): IncidentView {
  return {
    id: record.id,
    scope: record.scope,
    name: record.name,
    type: record.type,
    lane: record.lane,
    cause: record.cause,
    title: record.title,
    signature: record.signature,
    state: record.state,
    first_seen_at: rfc3339(record.firstSeenAtMs),
    last_seen_at: rfc3339(record.lastSeenAtMs),
    count: record.count,
    lost_seconds: record.lostSeconds,
    last_attempt_id: record.lastAttemptId,
    last_job_id: record.lastJobId,
    releases: record.releases,
    resolved_at: rfc3339(record.resolvedAtMs),
    resolved_in_release: record.resolvedInRelease,
    notes: record.notes.map(({ atMs, by, text }) => ({ at: rfc3339(atMs), by, text })),
  };
}

export function renderReport(report: IncidentReport): ReportView {
  const fields = snakeFields(report);
  return { version: 1, ...fields, incident: renderIncident(report.incident) };
}
