import type { FlightSample } from "../model/index.ts";

/** Points kept of one attempt. */
const POINTS_MAX = 240;
/** The newest ones are never thinned out: the end is what matters. */
const NEWEST_KEPT = 80;

/** The samples of one attempt in bounded memory: when it is full, every second one of the older ones goes. */
export interface Curve {
  add(sample: FlightSample): void;
  points(): readonly FlightSample[];
  last(): FlightSample | null;
}

export function createCurve(): Curve {
  let points: FlightSample[] = [];
  return {
    add(sample) {
      points.push(sample);
      if (points.length > POINTS_MAX) points = thinOut(points);
    },
    points: () => points,
    last: () => points.at(-1) ?? null,
  };
}

/** Keeps the first, the peak of memory and the newest; of the others every second one. */
export function thinOut(points: readonly FlightSample[], newestKept = NEWEST_KEPT): FlightSample[] {
  const older = points.length - newestKept;
  let peak = 0;
  for (let index = 1; index < points.length; index += 1) if ((points[index]?.memoryBytes ?? 0) > (points[peak]?.memoryBytes ?? 0)) peak = index;
  return points.filter((_, index) => index >= older || index % 2 === 0 || index === peak);
}

/** As many points as asked for at most, for what is stored and drawn. */
export function reduceTo(points: readonly FlightSample[], pointsMax: number): readonly FlightSample[] {
  let reduced = [...points];
  while (reduced.length > pointsMax) reduced = thinOut(reduced, Math.floor(pointsMax / 3));
  return reduced;
}
