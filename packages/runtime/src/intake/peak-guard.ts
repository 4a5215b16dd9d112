import { budgetInLane, formatBytes, HIGH_MEMORY_LANE, type Diversion, type JobType, type LaneRecord } from "../model/index.ts";
import type { PeakPrediction } from "../learning/ports.ts";

/** Sends an input to the high-memory lane that is likely to need more than its lane gives; null when it is not, or when nobody knows. */
export function guardPeak(
  job: { readonly jobType: JobType; readonly lane: LaneRecord | null; predict(inputBytes: number): PeakPrediction | null },
  input: string,
): Diversion | null {
  const budgetBytes = budgetInLane(job.jobType.budget, job.lane?.memoryBytes ?? null).memoryBytes;
  if (budgetBytes === null || job.lane === null || job.lane.name === HIGH_MEMORY_LANE) return null;
  const prediction = job.predict(Buffer.byteLength(input));
  // More likely than not: the prediction itself, not its worst case, is beyond the budget.
  if (prediction === null || prediction.peakBytes <= budgetBytes) return null;
  const said = `${formatBytes(prediction.peakBytes)} ± ${formatBytes(prediction.errorBytes)}, from ${prediction.observations} attempts`;
  return { kind: "route", by: "prediction", reason: `Its input is likely to need ${said}; ${formatBytes(budgetBytes)} are allowed: it waits in the lane ${HIGH_MEMORY_LANE}.` };
}
