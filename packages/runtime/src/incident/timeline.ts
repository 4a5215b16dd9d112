import { formatBytes, formatDuration, type AttemptRecord, type FlightSample, type JobRecord } from "../model/index.ts";
import type { HurtNeighbour } from "./impact.ts";

export interface TimelineEntry {
  readonly atMs: number;
  readonly text: string;
  readonly source: string;
}

const MEMORY_MARKS = [0.5, 0.8, 0.95] as const;

/** What happened when, from the journal and the flight record; oldest first. */
export function tellTimeline(attempt: AttemptRecord, job: JobRecord | null, hurt: readonly HurtNeighbour[]): readonly TimelineEntry[] {
  const autopsy = attempt.autopsy ?? null;
  const record = `flight record (${autopsy?.curveSource ?? "memory"})`;
  const entries: TimelineEntry[] = [];
  if (job !== null) entries.push({ atMs: job.createdAtMs, text: "the job was accepted", source: "journal: job" });
  entries.push({ atMs: attempt.startedAtMs, text: `attempt ${attempt.attempt} began`, source: "journal: attempt" });
  entries.push(...memoryMarks(attempt, autopsy?.curve ?? [], record));
  if (autopsy?.progressAtMs != null) entries.push({ atMs: autopsy.progressAtMs, text: "it reported progress for the last time", source: "job progress" });
  if (autopsy?.checkpoint != null)
    entries.push({ atMs: autopsy.checkpoint.atMs, text: `it stored its last checkpoint (${formatBytes(autopsy.checkpoint.bytes)})`, source: "job checkpoint" });
  const last = autopsy?.curve.at(-1);
  if (last !== undefined) entries.push({ atMs: last.atMs, text: `last sample: ${formatBytes(last.memoryBytes)}, ${last.tasks} threads and processes`, source: record });
  for (const other of hurt) entries.push({ atMs: other.endedAtMs, text: `${other.type} ended as well (${other.cause}), attempt ${other.attemptId}`, source: "journal: attempts" });
  entries.push({ atMs: attempt.endedAtMs, text: `it ended: ${attempt.verdict.cause}, after ${formatDuration(attempt.usage.wallSeconds * 1000)}`, source: "journal: attempt" });
  return entries.sort((a, b) => a.atMs - b.atMs);
}

/** When memory passed a half, four fifths and nearly all of its budget for the first time. */
function memoryMarks({ budget }: AttemptRecord, curve: readonly FlightSample[], source: string): readonly TimelineEntry[] {
  const limit = budget.memoryBytes;
  if (limit === null) return [];
  return MEMORY_MARKS.flatMap((mark) => {
    const sample = curve.find(({ memoryBytes }) => memoryBytes > limit * mark);
    return sample === undefined
      ? []
      : [{ atMs: sample.atMs, text: `memory passed ${mark * 100} % of its budget: ${formatBytes(sample.memoryBytes)} of ${formatBytes(limit)}`, source }];
  });
}
