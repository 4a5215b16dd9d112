/** Where a worker's heart beats, in the directory of its compartment: the time of the last beat, written over the one before. */
export const BEAT_FILE = "beat";

/** Unix milliseconds; of one length until the year 2286. */
export function beatLine(atMs: number): string {
  return `${atMs}\n`;
}

export function parseBeat(text: string | null): number | null {
  const atMs = Number.parseInt(text ?? "", 10);
  return Number.isNaN(atMs) ? null : atMs;
}
