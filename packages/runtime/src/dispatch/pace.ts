/** How an attempt ended, as far as dispatch cares. */
export type AttemptEnding =
  /** The worker can take the next one: the attempt ended by itself and left nothing behind. */
  | { readonly kind: "clean"; readonly wallMs: number }
  | { readonly kind: "abnormal" }
  /** The worker gave the lease back: the one before took too long. */
  | { readonly kind: "not-started" };

/** What is remembered of a type's last attempts. */
export interface Pace {
  readonly averageMs: number;
  /** Clean ends in a row, counted up to what is needed. */
  readonly clean: number;
}

/** A pack is worth about this much work: more would make others wait, less would wait for the disk. */
const PACK_MS = 25;
export const HAND_AHEAD_MAX = 128;
const SHORT_MS = 20;
const CLEAN_NEEDED = 4;
const WEIGHT = 0.2;

export const NO_PACE: Pace = { averageMs: 0, clean: 0 };

/** One bad or late end, and the type has to earn trust again. */
export function nextPace(pace: Pace, ending: AttemptEnding): Pace {
  if (ending.kind !== "clean") return NO_PACE;
  const averageMs = pace.clean === 0 ? ending.wallMs : pace.averageMs * (1 - WEIGHT) + ending.wallMs * WEIGHT;
  return { averageMs, clean: Math.min(pace.clean + 1, CLEAN_NEEDED) };
}

/** How many leases of this type one worker may be handed together. */
export function aheadOf(pace: Pace): number {
  if (pace.clean < CLEAN_NEEDED || pace.averageMs >= SHORT_MS) return 1;
  return Math.max(1, Math.min(HAND_AHEAD_MAX, Math.floor(PACK_MS / Math.max(pace.averageMs, 0.01))));
}
