const WINDOW_MS = 60_000;
const KEPT = 1000;

/** How many snapshots are done in a second at present; a guess of one while nothing is known. */
export function createPace(nowMs: () => number) {
  let ends: number[] = [];
  return {
    done: (): void => {
      ends = [...ends, nowMs()].slice(-KEPT);
    },
    perSecond(): number {
      const now = nowMs();
      const recent = ends.filter((atMs) => now - atMs <= WINDOW_MS);
      const first = recent[0];
      return first === undefined || recent.length < 2 ? 1 : recent.length / Math.max((now - first) / 1000, 0.001);
    },
  };
}
