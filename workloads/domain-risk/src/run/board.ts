// What every slot does now: for the health document, the gauges and the progress bar.
import type { Lane } from "../queue/lanes.ts";
import { isSkipped, type DomainRecord } from "../record.ts";
import type { LiveAttempt } from "./attempts.ts";

export type SlotStatus = "idle" | "pausing" | "running";

export interface Slot {
  readonly worker: number;
  status: SlotStatus;
  domain: string | null;
  lane: Lane | null;
  sinceMs: number;
  live: LiveAttempt | null;
  /** Progress reports of all its domains. */
  updates: number;
}

export interface RunFigures {
  readonly total: number;
  readonly done: number;
  readonly accessible: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cached: number;
  readonly eta_seconds: number | null;
  readonly staleness_seconds: number;
}

export interface Board {
  readonly slots: readonly Slot[];
  addSlot(): Slot;
  begin(total: number, cached: number): void;
  count(record: DomainRecord): void;
  figures(): RunFigures;
  /** Browsers and contexts that are open now, by what the workers last said. */
  open(): { readonly browsers: number; readonly contexts: number };
  onChange(listener: () => void): () => void;
  changed(): void;
}

export function createBoard(nowMs: () => number): Board {
  const slots: Slot[] = [];
  const listeners = new Set<() => void>();
  const counts = { total: 0, accessible: 0, failed: 0, skipped: 0, cached: 0 };
  let begunMs = nowMs();
  let lastMs = begunMs;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    slots,
    changed,
    addSlot() {
      const slot: Slot = { worker: slots.length + 1, status: "idle", domain: null, lane: null, sinceMs: nowMs(), live: null, updates: 0 };
      slots.push(slot);
      return slot;
    },
    begin(total, cached) {
      begunMs = nowMs();
      lastMs = begunMs;
      Object.assign(counts, { total, cached });
      changed();
    },
    count(record) {
      if (record.accessible) counts.accessible += 1;
      else if (isSkipped(record)) counts.skipped += 1;
      else counts.failed += 1;
      lastMs = nowMs();
      changed();
    },
    figures() {
      const { total, accessible, failed, skipped, cached } = counts;
      const fetched = accessible + failed + skipped;
      const left = total - cached - fetched;
      const eta = left === 0 ? 0 : fetched === 0 ? null : Math.round(((nowMs() - begunMs) / fetched / 1000) * left);
      return { total, done: fetched + cached, accessible, failed, skipped, cached, eta_seconds: eta, staleness_seconds: Math.round((nowMs() - lastMs) / 100) / 10 };
    },
    open() {
      const notes = slots.map(({ live }) => live?.note);
      return { browsers: notes.reduce((sum, note) => sum + (note?.browsers ?? 0), 0), contexts: notes.reduce((sum, note) => sum + (note?.contexts ?? 0), 0) };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
