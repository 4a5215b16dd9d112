import type { TroubleEnd } from "../model/index.ts";

export type TripScope = "lane" | "type";

/** A lane or type that is held back because too much failed in it. */
export interface TripView {
  readonly scope: TripScope;
  readonly name: string;
  readonly state: "steady" | "tripped" | "ramping";
  /** How many may run at once now. */
  readonly allowed: number;
  /** How many may when it is well. */
  readonly full: number;
  /** In a row; each doubles the time in which nothing is started. */
  readonly trips: number;
  readonly reason: string;
  readonly sinceMs: number;
  /** When it is tried again. */
  readonly untilMs: number | null;
}

export interface Healer {
  observe(end: TroubleEnd & { readonly startedAtMs: number }): void;
  /** How many may run at once now, where usually `usual` may (null: no limit of its own). */
  limit(scope: TripScope, name: string, usual: number | null): number | null;
  /** All that are held back. */
  trips(): readonly TripView[];
  trip(scope: TripScope, name: string): TripView | null;
  /** Lets it begin again at once, one at a time. */
  ramp(scope: TripScope, name: string, reason: string): void;
  close(): void;
}
