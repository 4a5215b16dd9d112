import type { Leak, Rest } from "../model/index.ts";
import { addPoint, addSpreads, fadeTo, NO_FIT, NO_SPREAD, slopeOf, spreadOf, type Fit, type Spread } from "./fit.ts";
import type { LeakView } from "./ports.ts";

/** What the attempts of one type left behind, added up. */
export interface TypeLeaks {
  readonly attempts: number;
  readonly processes: number;
  readonly tempDirectories: number;
  readonly looked: number;
  readonly scratchBytes: number;
  readonly handles: number;
  /** Heap over attempts, of the last workers that are gone: each around its own level. */
  readonly heap: Spread;
}

export const NO_LEAKS: TypeLeaks = { attempts: 0, processes: 0, tempDirectories: 0, looked: 0, scratchBytes: 0, handles: 0, heap: NO_SPREAD };

/** The heap of one worker while it runs attempts of one type, one after the other. */
export interface HeapSeries {
  readonly type: string;
  readonly attempts: number;
  /** In KiB, after each attempt that was looked at. */
  readonly fit: Fit;
  readonly lastBytes: number;
}

/** The first attempts load code and fill caches: that is no leak. */
const WARM_UP = 10;
const KIB = 1024;
/** Less than this per attempt is not worth a word. */
const GROWTH_BYTES_MIN = 256;
const POINTS_MIN = 20;
/** Of workers that are gone: a leak that was mended is forgotten after some of these. */
const POINTS_MAX = 1000;

export function addLeaks(leaks: TypeLeaks, seen: { readonly leaks: readonly Leak[]; readonly rest: Rest | null }): TypeLeaks {
  const { rest } = seen;
  return {
    ...leaks,
    attempts: leaks.attempts + 1,
    processes: leaks.processes + seen.leaks.filter(({ kind }) => kind === "process").length,
    tempDirectories: leaks.tempDirectories + seen.leaks.filter(({ kind }) => kind === "temp-directory").length,
    looked: leaks.looked + (rest === null ? 0 : 1),
    scratchBytes: leaks.scratchBytes + (rest?.scratchBytes ?? 0),
    handles: leaks.handles + (rest?.handles ?? 0),
  };
}

/** The worker's next attempt. One of another type begins a new series: its heap has another level. */
export function addHeap(series: HeapSeries | null, type: string, rest: Rest | null): HeapSeries {
  const before = series?.type === type ? series : { type, attempts: 0, fit: NO_FIT, lastBytes: 0 };
  const attempts = before.attempts + 1;
  if (rest === null || attempts <= WARM_UP) return { ...before, attempts };
  return { type, attempts, fit: addPoint(before.fit, attempts, rest.heapUsedBytes / KIB), lastBytes: rest.heapUsedBytes };
}

/** The series of a worker that is gone, or that went on to another type. */
export function closeSeries(leaks: TypeLeaks, series: HeapSeries): TypeLeaks {
  return { ...leaks, heap: fadeTo(addSpreads(leaks.heap, spreadOf(series.fit)), POINTS_MAX) };
}

export function viewLeaks(type: string, leaks: TypeLeaks, living: readonly HeapSeries[]): LeakView {
  const { heap: closed, ...counts } = leaks;
  const heap = [...living].reduce((sum, series) => addSpreads(sum, spreadOf(series.fit)), closed);
  return { type, ...counts, heap: judgeHeap(heap) };
}

/** It grows when even the lowest slope that the points allow is above what is worth a word. */
export function judgeHeap(heap: Spread): LeakView["heap"] {
  const slope = heap.free + 1 < POINTS_MIN ? null : slopeOf(heap);
  if (slope === null) return null;
  const bytesPerAttempt = Math.round(slope.perX * KIB);
  const errorBytes = Math.round(slope.error * KIB);
  return { bytesPerAttempt, errorBytes, verdict: bytesPerAttempt - errorBytes > GROWTH_BYTES_MIN ? "grows" : "steady" };
}

/** Attempts that are looked ahead: a worker that will be too large by then is replaced now, between two attempts. */
const AHEAD = 200;
const HEAP_SHARE_MAX = 0.6;

/** Why this worker should be replaced before its heap hurts; null while it need not. */
export function findGrowth(series: HeapSeries, budgetBytes: number | null): string | null {
  const heap = judgeHeap(spreadOf(series.fit));
  if (budgetBytes === null || heap === null || heap.verdict !== "grows") return null;
  const soonBytes = series.lastBytes + AHEAD * (heap.bytesPerAttempt - heap.errorBytes);
  if (soonBytes <= HEAP_SHARE_MAX * budgetBytes) return null;
  return `its heap grows by ${heap.bytesPerAttempt} ± ${heap.errorBytes} bytes with each ${series.type} (${series.fit.n} points)`;
}
