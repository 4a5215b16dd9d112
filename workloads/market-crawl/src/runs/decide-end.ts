import type { EndStatus } from "./run-status.ts";

/** How the worker's job ended, as the runtime tells it. */
export type WorkerEnd =
  | { readonly kind: "done" }
  /** It died, was ended, or threw: the runtime's cause and words. */
  | { readonly kind: "ended"; readonly cause: string; readonly summary: string }
  | { readonly kind: "cancelled" }
  /** The service itself was stopped. */
  | { readonly kind: "service-stopped" };

export interface SourceCounts {
  readonly source: string;
  readonly pages: number;
  readonly processed: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface RunEnd {
  readonly status: EndStatus;
  /** A word where there is one (`stalled`, `over-memory`), else a sentence; null for a success. */
  readonly error: string | null;
  /** What the error means, for the log. */
  readonly detail: string | null;
}

/** Deaths of memory, by whoever noticed first: our own watch, the kernel, V8. */
const MEMORY_CAUSES: ReadonlySet<string> = new Set(["over-memory", "oom-killed", "out-of-heap"]);
/** The process is gone and nobody here wanted that. */
const DEATHS: ReadonlySet<string> = new Set(["killed", "crashed", "lost", "exited"]);

export function savedOf({ created, updated, unchanged }: Pick<SourceCounts, "created" | "updated" | "unchanged">): number {
  return created + updated + unchanged;
}

/** Decided by what happened, from what is on record. */
export function decideEnd(end: WorkerEnd, sources: readonly SourceCounts[]): RunEnd {
  switch (end.kind) {
    case "cancelled":
      return { status: "cancelled", error: "cancelled", detail: "The run was cancelled." };
    case "service-stopped":
      return { status: "interrupted", error: "the service was stopped", detail: "The service was stopped while the run was active." };
    case "ended":
      return decideDeath(end.cause, end.summary);
    default:
      return decideByCounts(sources);
  }
}

function decideDeath(cause: string, summary: string): RunEnd {
  if (DEATHS.has(cause)) return { status: "interrupted", error: cause, detail: summary };
  if (MEMORY_CAUSES.has(cause)) return { status: "failed", error: "over-memory", detail: summary };
  return { status: "failed", error: cause === "failed" ? summary : cause, detail: summary };
}

function decideByCounts(sources: readonly SourceCounts[]): RunEnd {
  const failed = sources.reduce((sum, each) => sum + each.failed, 0);
  const saved = sources.reduce((sum, each) => sum + savedOf(each), 0);
  if (failed === 0) return { status: "success", error: null, detail: null };
  const detail = `${failed} of what was tried failed, ${saved} were saved.`;
  if (saved > 0) return { status: "partial", error: `${failed} failed`, detail };
  const unreachable = sources.filter(({ pages }) => pages === 0).map(({ source }) => source);
  return { status: "failed", error: unreachable.length > 0 ? `unreachable: ${unreachable.join(", ")}` : `${failed} failed`, detail };
}
