import { isMemoryDeath } from "../model/index.ts";
import { addPoint, fadeFit, NO_FIT, slopeOf, spreadOf, type Fit } from "./fit.ts";
import type { BudgetView, InputClassView, Lesson, PeakPrediction } from "./ports.ts";
import { addSize, COUNT_MAX, mergeSketches, NO_SKETCH, quantileOf, type Sketch } from "./sketch.ts";

/** What the attempts of one type have used of memory. */
export interface TypePeaks {
  /** By class of input size. */
  readonly classes: Readonly<Record<string, Sketch>>;
  /** Peak by input bytes, in MiB: the numbers stay small enough for exact sums. */
  readonly fit: Fit;
  readonly inputBytesMax: number;
  readonly memoryDeaths: number;
  /** The largest budget of those that died of memory; 0: none did. */
  readonly notEnoughBytes: number;
}

export const NO_PEAKS: TypePeaks = { classes: {}, fit: NO_FIT, inputBytesMax: 0, memoryDeaths: 0, notEnoughBytes: 0 };

const MIB = 1024 ** 2;
/** Upper bounds of the classes of input sizes. */
export const CLASS_BYTES = [1024, 16 * 1024, 256 * 1024, MIB, 4 * MIB, 16 * MIB] as const;
/** Fewer say nothing. */
export const OBSERVATIONS_MIN = 20;
const HEADROOM = 1.3;
const STEP_BYTES = 16 * MIB;
/** Beyond this multiple of the largest input that was seen a line through the past is a guess. */
const REACH = 4;

type Seen = Pick<Lesson, "inputBytes" | "peakBytes" | "budgetBytes" | "cause">;

export function addPeak(peaks: TypePeaks, { inputBytes, peakBytes, budgetBytes, cause }: Seen): TypePeaks {
  // What was ended at its limit would have used more: its peak says nothing of what the type needs, only that it is not enough.
  if (isMemoryDeath(cause)) return { ...peaks, memoryDeaths: peaks.memoryDeaths + 1, notEnoughBytes: Math.max(peaks.notEnoughBytes, budgetBytes ?? peakBytes) };
  if (peakBytes <= 0) return peaks;
  const aged = peaks.fit.n >= COUNT_MAX ? halve(peaks) : peaks;
  const name = String(classOf(inputBytes));
  return {
    ...aged,
    classes: { ...aged.classes, [name]: addSize(aged.classes[name] ?? NO_SKETCH, peakBytes) },
    fit: addPoint(aged.fit, inputBytes / MIB, peakBytes / MIB),
    inputBytesMax: Math.max(aged.inputBytesMax, inputBytes),
  };
}

/** The past weighs half; each class of sizes forgets by itself, for large inputs may be seldom. */
function halve(peaks: TypePeaks): TypePeaks {
  const memoryDeaths = Math.floor(peaks.memoryDeaths / 2);
  return { ...peaks, fit: fadeFit(peaks.fit, 0.5), memoryDeaths, notEnoughBytes: memoryDeaths === 0 ? 0 : peaks.notEnoughBytes };
}

function classOf(inputBytes: number): number {
  const found = CLASS_BYTES.findIndex((most) => inputBytes <= most);
  return found === -1 ? CLASS_BYTES.length : found;
}

/** What an input of this size is likely to need at its peak; null while the past does not tell. */
export function predictPeak(peaks: TypePeaks, inputBytes: number): PeakPrediction | null {
  if (peaks.fit.n < OBSERVATIONS_MIN || inputBytes > REACH * peaks.inputBytesMax) return null;
  const slope = slopeOf(spreadOf(peaks.fit));
  if (slope === null) return null;
  const { n, sumX, sumY, sumXX } = peaks.fit;
  const meanX = sumX / n;
  const distance = inputBytes / MIB - meanX;
  // The further from what was seen, the less certain: the usual error of a prediction from a line.
  const error = 2 * slope.residual * Math.sqrt(1 + 1 / n + (distance * distance) / Math.max(sumXX - n * meanX * meanX, Number.MIN_VALUE));
  return { peakBytes: Math.max(0, Math.round((sumY / n + slope.perX * distance) * MIB)), errorBytes: Math.round(error * MIB), observations: Math.round(n) };
}

/** The budget that the past suggests: what 99 of 100 needed and the most that was seen, with headroom. */
export function suggestBytes(peaks: TypePeaks): number | null {
  const all = mergeSketches(Object.values(peaks.classes));
  if (all.count < OBSERVATIONS_MIN) return null;
  const needed = Math.max(quantileOf(all, 0.99) ?? 0, all.maxBytes) * HEADROOM;
  return Math.ceil(needed / STEP_BYTES) * STEP_BYTES;
}

/** What an attempt without a budget should reserve. */
export function reservationBytes(peaks: TypePeaks): number | null {
  const all = mergeSketches(Object.values(peaks.classes));
  const p95 = all.count < OBSERVATIONS_MIN ? null : quantileOf(all, 0.95);
  return p95 === null ? null : Math.round(p95 * HEADROOM);
}

export function viewBudget(type: string, budgetBytes: number | null, peaks: TypePeaks): BudgetView {
  const all = mergeSketches(Object.values(peaks.classes));
  const suggestedBytes = suggestBytes(peaks);
  return {
    type,
    budgetBytes,
    observations: all.count,
    p50Bytes: quantileOf(all, 0.5),
    p95Bytes: quantileOf(all, 0.95),
    maxBytes: all.count === 0 ? null : all.maxBytes,
    memoryDeaths: peaks.memoryDeaths,
    suggestedBytes,
    advice: adviceOf(budgetBytes, suggestedBytes, peaks.notEnoughBytes),
    classes: viewClasses(peaks),
    perInputMib: slopeOf(spreadOf(peaks.fit)),
  };
}

function adviceOf(budgetBytes: number | null, suggestedBytes: number | null, notEnoughBytes: number): BudgetView["advice"] {
  if (budgetBytes !== null && notEnoughBytes >= budgetBytes) return "raise";
  // Without a budget there is none to raise, and one that would have ended those that died is not advised.
  if (suggestedBytes === null || (budgetBytes === null && suggestedBytes <= notEnoughBytes)) return "unknown";
  if (budgetBytes === null) return "set";
  if (suggestedBytes > budgetBytes) return "raise";
  // What survived says nothing of those that died with more than that.
  return suggestedBytes * 2 <= budgetBytes && suggestedBytes > notEnoughBytes ? "lower" : "keep";
}

function viewClasses({ classes }: TypePeaks): readonly InputClassView[] {
  return Object.entries(classes)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([name, sketch]) => ({
      inputBytesMax: CLASS_BYTES[Number(name)] ?? null,
      observations: sketch.count,
      p50Bytes: quantileOf(sketch, 0.5),
      p95Bytes: quantileOf(sketch, 0.95),
      maxBytes: sketch.maxBytes,
    }));
}
