import { formatBytes, NO_PRESSURE, type MemoryReading, type Pressure, type PressureLevel } from "../model/index.ts";

/** A level begins at `enter` and is left only beyond `leave`: it must not flutter. Shares of the limit, and percent of PSI. */
interface Threshold {
  readonly availableEnter: number;
  readonly availableLeave: number;
  readonly stallEnter: number;
  readonly stallLeave: number;
}

const THRESHOLDS: Readonly<Record<Exclude<PressureLevel, "none">, Threshold>> = {
  some: { availableEnter: 0.15, availableLeave: 0.2, stallEnter: 10, stallLeave: 5 },
  high: { availableEnter: 0.05, availableLeave: 0.1, stallEnter: 40, stallLeave: 20 },
};

/** How hard the memory is pressed, from one reading and what was said before. Pure. */
export function judgePressure(before: PressureLevel, reading: MemoryReading, limitBytes: number): Pressure {
  for (const level of ["high", "some"] as const) {
    const isIn = before === level || (before === "high" && level === "some");
    const problem = problemOf(reading, limitBytes, THRESHOLDS[level], isIn);
    if (problem !== null) return { level, reason: problem };
  }
  return NO_PRESSURE;
}

function problemOf({ availableBytes, stallPercent }: MemoryReading, limitBytes: number, threshold: Threshold, isIn: boolean): string | null {
  const available = isIn ? threshold.availableLeave : threshold.availableEnter;
  if (availableBytes < available * limitBytes) return `only ${formatBytes(availableBytes)} of ${formatBytes(limitBytes)} are available`;
  const stall = isIn ? threshold.stallLeave : threshold.stallEnter;
  if (stallPercent !== null && stallPercent >= stall) return `something waited for memory in ${stallPercent} % of the last ten seconds`;
  return null;
}
