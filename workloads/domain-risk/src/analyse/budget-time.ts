/** "20.0": as it stands in records. */
export function tenths(ms: number): string {
  return (ms / 1000).toFixed(1);
}

export function timeoutError(usedMs: number): string {
  return `Timeout after ${tenths(usedMs)}s`;
}

/** As it stands in records: seconds, to the millisecond. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
