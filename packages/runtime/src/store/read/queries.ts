import type { AttemptRecord, IncidentRecord, InputShape, JobRecord, OccurrenceRecord, ValidationRecord } from "../../model/index.ts";
import type { IncidentCount, IncidentFilter, JobFilter, Page, PageRequest, TypeStats } from "../ports.ts";
import type { FailureMessage } from "../failure.ts";

export type DocumentKind = "input" | "result" | "checkpoint";

/** Everything the reader can be asked, with what it answers. */
export interface Queries {
  job: { ask: { readonly jobId: string }; answer: JobRecord | null };
  wasPruned: { ask: { readonly jobId: string }; answer: boolean };
  document: { ask: { readonly jobId: string; readonly which: DocumentKind }; answer: string | null };
  beganWith: { ask: { readonly jobId: string; readonly attempt: number }; answer: string | null };
  jobs: { ask: { readonly filter: JobFilter; readonly page: PageRequest }; answer: Page<JobRecord> };
  countJobs: { ask: { readonly filter: JobFilter; readonly cap: number }; answer: number };
  attempts: { ask: { readonly jobId: string }; answer: readonly AttemptRecord[] };
  attempt: { ask: { readonly attemptId: string }; answer: AttemptRecord | null };
  typeStats: { ask: { readonly sinceMs: number }; answer: readonly TypeStats[] };
  incident: { ask: { readonly id: string }; answer: IncidentRecord | null };
  incidents: { ask: { readonly filter: IncidentFilter; readonly page: PageRequest }; answer: Page<IncidentRecord> };
  incidentCounts: { ask: object; answer: readonly IncidentCount[] };
  occurrences: { ask: { readonly incidentId: string; readonly limit: number }; answer: readonly OccurrenceRecord[] };
  validations: { ask: { readonly incidentId: string | null; readonly state: ValidationRecord["state"] | null }; answer: readonly ValidationRecord[] };
  inputSizes: { ask: { readonly type: string }; answer: InputShape["typical"] };
  deathsBetween: { ask: { readonly fromMs: number; readonly toMs: number; readonly limit: number }; answer: readonly AttemptRecord[] };
  sizeBytes: { ask: object; answer: number };
}

export type QueryKind = keyof Queries;
export type Query<Kind extends QueryKind = QueryKind> = { [Name in Kind]: { readonly kind: Name } & Queries[Name]["ask"] }[Kind];

export type ToReader = { readonly kind: "query"; readonly id: number; readonly query: Query } | { readonly kind: "close" };
export type FromReader =
  | { readonly kind: "opened" }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly failure: FailureMessage };
