/** "20.0": as it stands in records. */
export function tenths(ms: number): string {
  return (ms / 1000).toFixed(1);
}

export function timeoutError(usedMs: number): string {
  return `Timeout after ${tenths(usedMs)}s`;
}
