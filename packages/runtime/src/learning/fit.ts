/** A straight line through points, kept as sums: adding a point costs nothing, and it never grows. */
export interface Fit {
  readonly n: number;
  readonly sumX: number;
  readonly sumY: number;
  readonly sumXX: number;
  readonly sumXY: number;
  readonly sumYY: number;
}

export const NO_FIT: Fit = { n: 0, sumX: 0, sumY: 0, sumXX: 0, sumXY: 0, sumYY: 0 };

export function addPoint(fit: Fit, x: number, y: number): Fit {
  return { n: fit.n + 1, sumX: fit.sumX + x, sumY: fit.sumY + y, sumXX: fit.sumXX + x * x, sumXY: fit.sumXY + x * y, sumYY: fit.sumYY + y * y };
}

/** The same line, of points that weigh less. */
export function fadeFit(fit: Fit, share: number): Fit {
  return { n: fit.n * share, sumX: fit.sumX * share, sumY: fit.sumY * share, sumXX: fit.sumXX * share, sumXY: fit.sumXY * share, sumYY: fit.sumYY * share };
}

/** How the points spread around their own mean. Spreads of several groups may be added: then each group keeps its own level and they share one slope. */
export interface Spread {
  /** Points less the levels that were fitted. */
  readonly free: number;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

export const NO_SPREAD: Spread = { free: 0, xx: 0, xy: 0, yy: 0 };

export function spreadOf({ n, sumX, sumY, sumXX, sumXY, sumYY }: Fit): Spread {
  if (n < 2) return NO_SPREAD;
  return { free: n - 1, xx: Math.max(0, sumXX - (sumX * sumX) / n), xy: sumXY - (sumX * sumY) / n, yy: Math.max(0, sumYY - (sumY * sumY) / n) };
}

export function addSpreads(a: Spread, b: Spread): Spread {
  return { free: a.free + b.free, xx: a.xx + b.xx, xy: a.xy + b.xy, yy: a.yy + b.yy };
}

/** At most so many points: beyond that all of them weigh less, so that what comes later counts. */
export function fadeTo(spread: Spread, freeMax: number): Spread {
  const share = freeMax / spread.free;
  return share >= 1 ? spread : { free: freeMax, xx: spread.xx * share, xy: spread.xy * share, yy: spread.yy * share };
}

export interface Slope {
  readonly perX: number;
  /** Half of the interval that holds the true slope 95 times of 100. */
  readonly error: number;
  /** Standard deviation of the points around the line. */
  readonly residual: number;
}

/** The slope with its error; null while there are too few points, or all at one place. */
export function slopeOf({ free, xx, xy, yy }: Spread): Slope | null {
  const degrees = free - 1;
  if (degrees < 3 || xx <= 0) return null;
  const perX = xy / xx;
  const residual = Math.sqrt(Math.max(0, yy - perX * xy) / degrees);
  return { perX, error: studentOf(degrees) * (residual / Math.sqrt(xx)), residual };
}

/** Student's t for 95 %: near enough to the table (within 2 %) for every count of degrees from 3 on. */
function studentOf(degrees: number): number {
  return 1.96 + 2.4 / (degrees - 0.75) + (degrees < 6 ? 0.6 / degrees : 0);
}
