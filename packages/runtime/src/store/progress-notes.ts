import type { JobRecord, Lease, ProgressInfo } from "../model/index.ts";
import type { CancelTimer, Clock } from "../platform/index.ts";
import type { LeaseKey } from "./operations.ts";

const FLUSH_MS = 1000;

/** Keeps the last progress of each running job in memory and hands it on once a second: a job may report as often as it likes. */
export interface ProgressNotes {
  note(lease: Lease, progress: ProgressInfo): void;
  /** Removes and returns what is to be written for these jobs, before they end; or for all. */
  take(jobIds?: readonly string[]): readonly ProgressEntry[];
  /** The record as it will be once the notes are written. */
  overlay(record: JobRecord): JobRecord;
  stop(): void;
}

export interface ProgressEntry {
  readonly lease: LeaseKey;
  readonly progress: ProgressInfo;
}

export function createProgressNotes(clock: Clock, flush: () => void): ProgressNotes {
  const notes = new Map<string, ProgressEntry>();
  let timer: CancelTimer | null = null;
  return {
    note(lease, progress) {
      notes.set(lease.jobId, { lease: { jobId: lease.jobId, token: lease.token }, progress });
      timer ??= clock.after(
        FLUSH_MS,
        () => {
          timer = null;
          flush();
        },
        { keepAlive: false },
      );
    },
    take(jobIds = [...notes.keys()]) {
      if (notes.size === 0) return [];
      const taken = jobIds.flatMap((jobId) => notes.get(jobId) ?? []);
      for (const { lease } of taken) notes.delete(lease.jobId);
      return taken;
    },
    overlay(record) {
      const note = record.state === "running" ? notes.get(record.id) : undefined;
      return note === undefined ? record : { ...record, progress: note.progress };
    },
    stop: () => timer?.(),
  };
}
