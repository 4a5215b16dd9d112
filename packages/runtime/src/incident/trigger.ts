import { type AttemptRecord, type Fact, type FlightSample, type IncidentRecord } from "../model/index.ts";

/** What was different this time: the release, the input, the growth, the crowd. Facts, not a claim. */
export function findTrigger(incident: IncidentRecord, attempt: AttemptRecord): readonly Fact[] {
  const autopsy = attempt.autopsy ?? null;
  const facts: Fact[] = [];
  if (autopsy?.injected != null) facts.push({ fact: "fault that was injected into it on purpose", value: autopsy.injected, source: "chaos" });
  if (autopsy?.release != null) {
    const isFirst = incident.releases.length === 1;
    facts.push({ fact: isFirst ? "seen in this release only" : `seen in ${incident.releases.length} releases, the last one`, value: autopsy.release, source: "config: release" });
  }
  const input = autopsy?.input ?? null;
  if (input !== null) {
    facts.push({ fact: "size of the input, bytes", value: input.bytes, source: "queue: input" });
    if (input.typical !== null) facts.push({ fact: `median of ${input.typical.count} inputs that succeeded, bytes`, value: input.typical.medianBytes, source: "queue: inputs" });
  }
  const slope = memorySlope(autopsy?.curve ?? []);
  if (slope !== null)
    facts.push({
      fact: `memory growth over the last ${slope.seconds} s, bytes per second`,
      value: slope.bytesPerSecond,
      source: `flight record (${autopsy?.curveSource ?? "memory"})`,
    });
  return facts;
}

const SLOPE_WINDOW_MS = 30_000;
const SLOPE_POINTS_MIN = 3;

/** Growth of memory towards the end, by least squares over at most the last 30 s; null when there are too few points. */
export function memorySlope(curve: readonly FlightSample[]): { readonly bytesPerSecond: number; readonly seconds: number } | null {
  const last = curve.at(-1);
  if (last === undefined) return null;
  const points = curve.filter(({ atMs }) => last.atMs - atMs <= SLOPE_WINDOW_MS);
  const first = points[0];
  if (first === undefined || points.length < SLOPE_POINTS_MIN || last.atMs - first.atMs < 500) return null;
  const times = points.map(({ atMs }) => (atMs - first.atMs) / 1000);
  const meanTime = times.reduce((sum, time) => sum + time, 0) / times.length;
  const meanBytes = points.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) / points.length;
  let above = 0;
  let below = 0;
  for (const [index, time] of times.entries()) {
    above += (time - meanTime) * ((points[index]?.memoryBytes ?? 0) - meanBytes);
    below += (time - meanTime) ** 2;
  }
  return below === 0 ? null : { bytesPerSecond: Math.round(above / below), seconds: Number(((last.atMs - first.atMs) / 1000).toFixed(1)) };
}
