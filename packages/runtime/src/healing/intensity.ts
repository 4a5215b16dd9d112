/** When failures are too many: in the window, or in its latest part, at least `minimum` attempts ended, and at least this share of them failed. */
export interface IntensityRule {
  readonly windowMs: number;
  readonly minimum: number;
  /** 0 to 1. */
  readonly share: number;
}

/** Ends of the last window, in twelve parts: bounded however many there are. */
export interface Window {
  readonly parts: readonly Part[];
}

interface Part {
  readonly fromMs: number;
  readonly ended: number;
  readonly failed: number;
}

export interface Counts {
  readonly ended: number;
  readonly failed: number;
}

const PARTS = 12;

export const EMPTY_WINDOW: Window = { parts: [] };

export function noteEnd(window: Window, end: { readonly atMs: number; readonly failed: boolean }, rule: IntensityRule): Window {
  const partMs = rule.windowMs / PARTS;
  const fromMs = Math.floor(end.atMs / partMs) * partMs;
  const oldestMs = end.atMs - rule.windowMs;
  const kept = (window.parts[0]?.fromMs ?? oldestMs) > oldestMs ? window.parts : window.parts.filter((part) => part.fromMs > oldestMs);
  const last = kept.at(-1);
  const failed = end.failed ? 1 : 0;
  // A clock that was set back counts into the last part: nothing is lost and nothing is counted twice.
  if (last !== undefined && last.fromMs >= fromMs) return { parts: [...kept.slice(0, -1), { ...last, ended: last.ended + 1, failed: last.failed + failed }] };
  return { parts: [...kept, { fromMs, ended: 1, failed }] };
}

export function countsOf(window: Window): Counts {
  return window.parts.reduce((sum, part) => ({ ended: sum.ended + part.ended, failed: sum.failed + part.failed }), { ended: 0, failed: 0 });
}

/**
 * The latest stretch of the window, however short, in which too many failed; null when there is none.
 * A long healthy past must not hide that everything fails now.
 */
export function findTooMany(window: Window, rule: IntensityRule): Counts | null {
  let ended = 0;
  let failed = 0;
  for (const part of window.parts.toReversed()) {
    ended += part.ended;
    failed += part.failed;
    if (failed > 0 && ended >= rule.minimum && failed >= rule.share * ended) return { ended, failed };
  }
  return null;
}
