import { GROUPS, type Group, type HazardTables } from "./keywords.ts";

const WEIGHTS: Readonly<Record<Group, { readonly points: number; readonly max: number }>> = {
  health_hazards: { points: 3, max: 30 },
  behavioral_hazards: { points: 4, max: 40 },
  marketing_tactics: { points: 3, max: 30 },
};

/** Pass 1: the page by itself, 0 to 100. */
export function baseScore(tables: HazardTables): number {
  return GROUPS.reduce((score, group) => score + Math.min(WEIGHTS[group].points * sum(Object.values(tables[group])), WEIGHTS[group].max), 0);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
