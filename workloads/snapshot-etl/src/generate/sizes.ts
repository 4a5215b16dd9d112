/** How many of each, and how they are written. */
export interface ProfileShape {
  readonly troops: number;
  readonly pets: number;
  readonly artifacts: number;
  readonly teams: number;
  readonly history: number;
  /** array: items with their id first. map: an object from id to the item. */
  readonly form: "array" | "map";
  /** Whether the whole stands inside `{"result": …}`. */
  readonly wrap: boolean;
}

export const SIZES = {
  tiny: { troops: 3, pets: 1, artifacts: 1, teams: 1, history: 0, form: "array", wrap: false },
  small: { troops: 100, pets: 20, artifacts: 10, teams: 3, history: 0, form: "map", wrap: true },
  medium: { troops: 2000, pets: 200, artifacts: 50, teams: 20, history: 0, form: "array", wrap: false },
  large: { troops: 9000, pets: 3000, artifacts: 500, teams: 50, history: 30_000, form: "map", wrap: true },
  huge: { troops: 20_000, pets: 5000, artifacts: 1000, teams: 100, history: 120_000, form: "array", wrap: true },
} as const satisfies Record<string, ProfileShape>;

export type SizeName = keyof typeof SIZES;

export function isSizeName(name: string): name is SizeName {
  return Object.hasOwn(SIZES, name);
}

/** What is wrong with the text, or odd. `none`: nothing. */
export const FLAWS = ["none", "truncated", "malformed", "missing-profile", "unknown-fields", "bad-troop", "late-name", "deep", "wrong-types", "reversed"] as const;
export type Flaw = (typeof FLAWS)[number];

export function isFlaw(name: string): name is Flaw {
  return (FLAWS as readonly string[]).includes(name);
}
