/** How often which size was seen: counted in steps of a quarter of a doubling, so it never says less than was seen and at most 19 % more. */
export interface Sketch {
  readonly count: number;
  readonly maxBytes: number;
  /** By step. */
  readonly counts: Readonly<Record<string, number>>;
}

export const NO_SKETCH: Sketch = { count: 0, maxBytes: 0, counts: {} };

const UNIT_BYTES = 1024 ** 2;
const STEPS_PER_DOUBLING = 4;
/** Beyond this the past weighs half: what a type needs changes with its code. */
export const COUNT_MAX = 5000;

export function addSize(sketch: Sketch, bytes: number): Sketch {
  const step = String(stepOf(bytes));
  const aged = sketch.count >= COUNT_MAX ? halve(sketch) : sketch;
  return { count: aged.count + 1, maxBytes: Math.max(aged.maxBytes, bytes), counts: { ...aged.counts, [step]: (aged.counts[step] ?? 0) + 1 } };
}

export function mergeSketches(sketches: readonly Sketch[]): Sketch {
  const counts: Record<string, number> = {};
  for (const sketch of sketches) for (const [step, count] of Object.entries(sketch.counts)) counts[step] = (counts[step] ?? 0) + count;
  return { count: sketches.reduce((sum, { count }) => sum + count, 0), maxBytes: Math.max(0, ...sketches.map(({ maxBytes }) => maxBytes)), counts };
}

/** The size that this share of what was seen did not pass; null when nothing was seen. */
export function quantileOf({ count, maxBytes, counts }: Sketch, share: number): number | null {
  if (count === 0) return null;
  let left = Math.ceil(count * share);
  const steps = Object.keys(counts)
    .map(Number)
    .sort((a, b) => a - b);
  for (const step of steps) {
    left -= counts[String(step)] ?? 0;
    if (left <= 0) return Math.min(maxBytes, upperEdge(step));
  }
  return maxBytes;
}

function stepOf(bytes: number): number {
  return bytes <= UNIT_BYTES ? 0 : Math.ceil(STEPS_PER_DOUBLING * Math.log2(bytes / UNIT_BYTES) - 1e-9);
}

function upperEdge(step: number): number {
  return Math.ceil(UNIT_BYTES * 2 ** (step / STEPS_PER_DOUBLING));
}

/** The largest size is forgotten with its step: it is then what the sketch still holds. */
function halve({ counts, maxBytes }: Sketch): Sketch {
  const kept = Object.entries(counts).flatMap(([step, count]): [string, number][] => (count >= 2 ? [[step, Math.floor(count / 2)]] : []));
  const highest = Math.max(0, ...kept.map(([step]) => Number(step)));
  return { count: kept.reduce((sum, [, count]) => sum + count, 0), maxBytes: Math.min(maxBytes, upperEdge(highest)), counts: Object.fromEntries(kept) };
}
