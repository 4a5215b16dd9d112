// Which parent builds a poll processes, and how far a release has come. Pure.

export interface BuildPlan {
  /** Oldest first. */
  readonly numbers: readonly number[];
  /** Set when builds between the last processed and the oldest listed one can no longer be seen. */
  readonly gap: string | null;
}

/** `listed` as Jenkins gives them; `lastProcessed` of the active releases that follow this job. */
export function planBuilds(listed: readonly number[], lastProcessed: readonly number[], limit: number): BuildPlan {
  const lowest = lastProcessed.length === 0 ? 0 : Math.min(...lastProcessed);
  const numbers = [...new Set(listed)].filter((number) => number > lowest).sort((a, b) => a - b);
  const oldest = Math.min(...listed);
  const cut = lowest > 0 && listed.length >= limit && oldest > lowest + 1;
  return { numbers, gap: cut ? `builds ${lowest + 1} to ${oldest - 1} are older than the ${limit} builds that are listed` : null };
}

export interface ModuleState {
  readonly state: string;
  readonly emptyTimes: number;
}

/** Done is what will not change by trying again. */
export function isModuleDone({ state, emptyTimes }: ModuleState): boolean {
  return state === "complete" || state === "quarantined" || (state === "empty" && emptyTimes >= 2);
}

export interface BuildState {
  readonly number: number;
  readonly done: boolean;
}

/** The furthest build before the first one that is not done; never goes back. */
export function advance(lastProcessed: number, builds: readonly BuildState[]): number {
  let reached = lastProcessed;
  for (const { number, done } of [...builds].sort((a, b) => a.number - b.number || Number(a.done) - Number(b.done))) {
    if (number <= lastProcessed) continue;
    if (!done) break;
    reached = number;
  }
  return reached;
}

/** The builds up to the first number that nobody has looked at: without Jenkins' list, a hole may be a build that is not done. */
export function withoutHoles(lastProcessed: number, builds: readonly BuildState[]): BuildState[] {
  const later = builds.filter(({ number }) => number > lastProcessed).sort((a, b) => a.number - b.number);
  const start = lastProcessed === 0 ? (later[0]?.number ?? 0) : lastProcessed + 1;
  return later.filter(({ number }, index) => number === start + index);
}
