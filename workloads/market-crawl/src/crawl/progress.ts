import type { GeocodeResult } from "../geocode/geocoder.ts";
import type { ProgressNote } from "./progress-note.ts";
import type { SourceCounts } from "../runs/decide-end.ts";
import { savedOf } from "../runs/decide-end.ts";

/** What is known of the run so far; says it whenever something has happened. */
export interface Progress {
  /** Something is being waited for on purpose: the worker is not stalled. */
  alive(): void;
  /** Where the run is. */
  at(source: string, page: number): void;
  counted(counts: SourceCounts): void;
  geocoded(result: GeocodeResult): void;
}

export function createProgress(runId: string, say: (progress: { readonly done: number; readonly note: string }) => void): Progress {
  const bySource = new Map<string, SourceCounts>();
  const geocode: ProgressNote["geocode"] = { hit: 0, found: 0, not_found: 0, failed: 0, off: 0 };
  let source: string | null = null;
  let page = 0;
  const total = (of: (counts: SourceCounts) => number): number => bySource.values().reduce((sum, counts) => sum + of(counts), 0);
  const alive = (): void => {
    const processed = total((counts) => counts.processed);
    const note: ProgressNote = { run: runId, source, page, processed, saved: total(savedOf), failed: total((counts) => counts.failed), geocode };
    say({ done: processed, note: JSON.stringify(note) });
  };
  return {
    alive,
    at(now, number) {
      source = now;
      page = number;
      alive();
    },
    counted(counts) {
      bySource.set(counts.source, counts);
      alive();
    },
    geocoded: (result) => void (geocode[result] += 1),
  };
}
