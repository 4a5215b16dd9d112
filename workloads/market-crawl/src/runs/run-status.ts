export const RUN_STATUSES = ["queued", "running", "success", "partial", "failed", "cancelled", "interrupted"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const ACTIVE_STATUSES = ["queued", "running"] as const satisfies readonly RunStatus[];
export const RESUMABLE_STATUSES = ["interrupted", "failed", "cancelled"] as const satisfies readonly RunStatus[];
export type EndStatus = Exclude<RunStatus, (typeof ACTIVE_STATUSES)[number]>;

export const RUN_TRIGGERS = ["api", "schedule", "cli", "resume"] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];

export function isActive(status: string): boolean {
  return ACTIVE_STATUSES.some((each) => each === status);
}

export function isResumable(status: string): boolean {
  return RESUMABLE_STATUSES.some((each) => each === status);
}

/** The exit code of a command that waited for a run with this end. */
export function exitCodeOfRun(status: EndStatus): number {
  return status === "success" ? 0 : status === "partial" ? 5 : 1;
}
