import type { Opened } from "./describe-trouble.ts";

/** Breakers that opened lately; a breaker that opens again counts once. */
export interface StormWatch {
  readonly opened: readonly Opened[];
  /** The storm that blows has been told. */
  readonly isTold: boolean;
}

export const CALM: StormWatch = { opened: [], isTold: false };

/** So many different breakers within this time are a storm. One site that refuses us opens one or two. */
export const STORM_KEYS_MIN = 5;
export const STORM_WINDOW_MS = 600_000;

/** A breaker has opened. `storm`: what to tell, once until it has calmed down. Pure. */
export function noteOpened(watch: StormWatch, opened: Opened): { readonly watch: StormWatch; readonly storm: readonly Opened[] | null } {
  const others = watch.opened.filter(({ key, atMs }) => key !== opened.key && atMs > opened.atMs - STORM_WINDOW_MS);
  const lately = [...others, opened];
  if (lately.length < STORM_KEYS_MIN) return { watch: { opened: lately, isTold: false }, storm: null };
  return { watch: { opened: lately, isTold: true }, storm: watch.isTold ? null : lately };
}
