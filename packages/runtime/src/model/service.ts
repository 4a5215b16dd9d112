/** When a service is begun anew, and what happens when that does not help. Complete. */
export interface ServiceRules {
  /** It must report an update at least this often. */
  readonly freshnessMs: number;
  /** How long its first update may take. */
  readonly startupMs: number;
  /** Begun anew at this age; null: never. */
  readonly ageMs: number | null;
  /** Memory of its tree above which it is begun anew, before its budget ends it; null: only the budget counts. */
  readonly memoryBytes: number | null;
  /** Threads and processes of its tree, likewise. */
  readonly pids: number | null;
  /** So many errors that it reports within the time; null: errors are only counted. */
  readonly errors: { readonly count: number; readonly withinMs: number } | null;
  /** Pauses before unplanned restarts: doubled each time within the window of `intensity`. */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** More unplanned restarts than this within the time are escalated. */
  readonly intensity: { readonly restarts: number; readonly withinMs: number };
  /** runtime: the runtime drains and ends, so that whoever runs it starts it anew. stop: the service stays down until somebody starts it. */
  readonly escalate: "runtime" | "stop";
}

/** Why a service is begun anew. `ended`, `failed` and `died` are its own ends; the rest are rules, and wishes of people. */
export const RESTART_REASONS = ["ended", "failed", "died", "stale", "age", "errors", "memory", "pids", "asked"] as const;
export type RestartReason = (typeof RESTART_REASONS)[number];

/** What nobody needs to be alarmed about: it was wanted. */
export function isPlanned(reason: RestartReason): boolean {
  return reason === "age" || reason === "asked";
}

/** What is kept of a service over restarts of the runtime. */
export interface ServiceRecord {
  readonly name: string;
  readonly wish: "run" | "stop";
  readonly wishedBy: string;
  readonly wishedAtMs: number;
  /** Its job: every start of the service is an attempt of it. */
  readonly jobId: string | null;
  /** Since it was first seen. */
  readonly restarts: number;
  /** When it was restarted without being planned, as far as the window reaches back. */
  readonly recentRestartsMs: readonly number[];
  readonly lastRestart: { readonly reason: RestartReason; readonly text: string; readonly atMs: number } | null;
  readonly lastVerdict: { readonly cause: string; readonly summary: string; readonly atMs: number } | null;
  /** Set when restarts did not help. */
  readonly escalated: { readonly atMs: number; readonly text: string } | null;
}
