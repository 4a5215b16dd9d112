/** Who may use an app's addresses: everybody who can connect, or holders of a role. */
export const APP_ACCESS = ["public", "read", "operate", "admin"] as const;
export type AppAccess = (typeof APP_ACCESS)[number];

/** An app whose addresses are served under /apps/<name>/ by a process of its own. */
export interface AppMount {
  readonly name: string;
  readonly access: AppAccess;
  /** How long it may take to begin an answer. */
  readonly timeoutMs: number;
}

/** What an app's routes may ask of the runtime; every one is a method of `Control` whose arguments and answer are JSON. */
export const APP_CONTROL_METHODS = [
  "enqueue",
  "job",
  "document",
  "jobs",
  "countJobs",
  "attempts",
  "attempt",
  "why",
  "cancel",
  "retry",
  "lanes",
  "schedules",
  "runSchedule",
  "types",
  "counts",
  "typeStats",
  "services",
  "service",
  "recycleService",
  "stopService",
  "startService",
  "breakers",
  "breaker",
  "tripBreaker",
  "resetBreaker",
  "health",
] as const;
export type AppControlMethod = (typeof APP_CONTROL_METHODS)[number];

export function isAppControlMethod(name: string): name is AppControlMethod {
  return (APP_CONTROL_METHODS as readonly string[]).includes(name);
}
