import { formatBytes, type FlightSample } from "../model/index.ts";

const WIDTH = 640;
const HEIGHT = 160;
const PAD = 28;

/** The memory curve as an inline SVG, with the budget as a line; empty for fewer than two points. */
export function curveSvg(curve: readonly FlightSample[], budgetBytes: number | null): string {
  const first = curve[0];
  const last = curve.at(-1);
  if (first === undefined || last === undefined || curve.length < 2) return "";
  const top = Math.max(...curve.map(({ memoryBytes }) => memoryBytes), budgetBytes ?? 0) * 1.05;
  const span = Math.max(1, last.atMs - first.atMs);
  const x = (atMs: number): string => (PAD + ((atMs - first.atMs) / span) * (WIDTH - 2 * PAD)).toFixed(1);
  const y = (bytes: number): string => (HEIGHT - PAD - (bytes / top) * (HEIGHT - 2 * PAD)).toFixed(1);
  const points = curve.map(({ atMs, memoryBytes }) => `${x(atMs)},${y(memoryBytes)}`).join(" ");
  const limit =
    budgetBytes === null
      ? ""
      : `<line x1="${PAD}" x2="${WIDTH - PAD}" y1="${y(budgetBytes)}" y2="${y(budgetBytes)}" stroke="#c0392b" stroke-dasharray="4 3"/><text x="${WIDTH - PAD}" y="${Number(y(budgetBytes)) - 4}" text-anchor="end" fill="#c0392b">budget ${formatBytes(budgetBytes)}</text>`;
  const peak = Math.max(...curve.map(({ memoryBytes }) => memoryBytes));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="Memory of the process tree until the end" font-family="sans-serif" font-size="11">`,
    `<polyline points="${points}" fill="none" stroke="#2c7fb8" stroke-width="2"/>`,
    limit,
    `<text x="${PAD}" y="14" fill="#555">peak ${formatBytes(peak)}</text>`,
    `<text x="${PAD}" y="${HEIGHT - 8}" fill="#555">${clockTime(first.atMs)}</text>`,
    `<text x="${WIDTH - PAD}" y="${HEIGHT - 8}" text-anchor="end" fill="#555">${clockTime(last.atMs)} UTC</text>`,
    "</svg>",
  ].join("");
}

const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** The memory curve in one line of text, as wide as asked for; empty for fewer than two points. */
export function curveText(curve: readonly FlightSample[], budgetBytes: number | null, columns = 60): string {
  const first = curve[0];
  const last = curve.at(-1);
  if (first === undefined || last === undefined || curve.length < 2) return "";
  const peak = Math.max(...curve.map(({ memoryBytes }) => memoryBytes));
  const top = Math.max(peak, budgetBytes ?? 0);
  const span = Math.max(1, last.atMs - first.atMs);
  const heights = Array.from({ length: columns }, (_, column) => {
    const untilMs = first.atMs + (span * (column + 1)) / columns;
    const sample = curve.findLast(({ atMs }) => atMs <= untilMs) ?? first;
    return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor((sample.memoryBytes / top) * BLOCKS.length))] ?? BLOCKS[0];
  });
  const scale = budgetBytes === null ? "" : ` of ${formatBytes(budgetBytes)}`;
  return `${heights.join("")} peak ${formatBytes(peak)}${scale}, ${(span / 1000).toFixed(1)} s`;
}

function clockTime(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19);
}
