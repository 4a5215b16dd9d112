import type { KernelCounters } from "../governor/index.ts";
import type { KernelRises } from "../model/index.ts";

/** The kernel's counters at one moment. */
export interface KernelCounts extends KernelCounters {
  /** Of the whole machine; null also when it was not read. */
  readonly machineOomKills: number | null;
}

/** What rose between two moments; null where one of them does not know. Pure. */
export function risesBetween(before: KernelCounts, now: KernelCounts): KernelRises {
  const limitHits = riseOf(before.limitHits, now.limitHits);
  return {
    oomKill: riseOf(before.oomKill, now.oomKill),
    ownLimitHit: limitHits === null ? null : limitHits > 0,
    machineOomKill: riseOf(before.machineOomKills, now.machineOomKills),
    pidsRefused: riseOf(before.pidsRefused, now.pidsRefused),
  };
}

function riseOf(before: number | null, now: number | null): number | null {
  return before === null || now === null ? null : now - before;
}
