import type { DomainRecord } from "../record.ts";
import { GROUPS, type Group } from "../score/keywords.ts";

export const GROUP_TITLES: Readonly<Record<Group, string>> = {
  health_hazards: "Health Hazards",
  behavioral_hazards: "Behavioral Hazards",
  marketing_tactics: "Marketing Tactics",
};

export interface Cluster {
  readonly name: string;
  readonly count: number;
}

/** Of each group the sums of the sub-categories' counts, highest first; equal ones as they first occur. */
export function clustersOf(records: readonly DomainRecord[]): { readonly group: Group; readonly clusters: readonly Cluster[] }[] {
  return GROUPS.map((group) => {
    const sums = new Map<string, number>();
    for (const record of records) {
      for (const [name, count] of Object.entries(record[group])) sums.set(name, (sums.get(name) ?? 0) + count);
    }
    return { group, clusters: [...sums].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count) };
  });
}
