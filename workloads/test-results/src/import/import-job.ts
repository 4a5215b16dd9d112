import { isContention, type Database } from "../database/database.ts";
import { messageOf, WorkError } from "../errors.ts";
import { beginImport, type RunningImport } from "./begin.ts";
import { createCheckpoints } from "./checkpoints.ts";
import { importCases } from "./import-cases.ts";
import { importMerged } from "./import-merged.ts";
import { takeInventory } from "./inventory.ts";
import { skippedOutcome } from "./job-record.ts";
import type { ImportOutcome, ImportProgress, ImportRequest } from "./request.ts";
import { createRowSink, type RowSink } from "./row-sink.ts";
import { createTracker, type Tracker } from "./tracker.ts";

export interface ImportPorts {
  readonly database: Database;
  /** A directory of this attempt alone. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  readonly batchSize: number;
  readonly now: () => string;
  report(progress: ImportProgress): void;
  /** After batches that are on disk; the next one does not wait for it. */
  checkpoint(point: { readonly written: number }): Promise<void>;
}

/** What the two modes are given, and what they answer. */
export interface ReadingTools {
  readonly directory: string;
  readonly scratch: string;
  readonly signal: AbortSignal;
  readonly batchSize: number;
  readonly sink: RowSink;
  readonly track: Tracker;
}

export interface Reading {
  readonly problems: readonly string[];
  readonly ignoredLines: number;
  readonly unmatchedJunit: number;
}

/**
 * Imports one job's files: survey, read (junit-only: case by case into batches; merged: through a scratch database), statistics with the last batch.
 * Killed at any moment and called again with the same input it goes on where the last batch ended, and ends with the same rows.
 */
export async function importJob(request: ImportRequest, ports: ImportPorts): Promise<ImportOutcome> {
  const { signal, batchSize, scratch, database } = ports;
  const inventory = await takeInventory(request.directory, { files: request.files, topology: request.topology, signal });
  const started = await beginImport(request, inventory, ports);
  if (started.kind === "skipped") return skippedOutcome(started.job);
  const track = createTracker((progress) => ports.report(progress), inventory.largestBytes);
  const checkpoints = createCheckpoints((written) => ports.checkpoint({ written }));
  const onWritten = (written: number): void => {
    track.written(written);
    checkpoints.note(written);
  };
  const sink = createRowSink(
    { database, started: started.running, now: ports.now, waiting: () => track.report() },
    { batchSize, signal, onWritten, beforeLast: () => checkpoints.settle() },
  );
  try {
    const tools: ReadingTools = { directory: request.directory, scratch, signal, batchSize, sink, track };
    const merged = inventory.orderFiles.length > 0 && request.mode === "auto";
    const reading = merged ? await importMerged(inventory, tools) : await importCases(inventory, tools);
    track.step("write", "");
    const { parsed } = track.counts();
    const ended = await sink.finish({ inputDigest: inventory.digest, parsed, isPartial: reading.problems.length > 0, ...reading });
    track.step("done", "");
    return { jobKey: started.running.jobKey, outcome: "imported", ...ended, ...reading, parsed, stepSeconds: track.seconds() };
  } catch (error) {
    await sink.settle();
    await noteFailure(ports, started.running, error);
    throw error;
  }
}

async function noteFailure(ports: ImportPorts, started: RunningImport, error: unknown): Promise<void> {
  // Nothing can be noted while somebody holds the lock; the job stays "importing" and is tried again.
  if (isContention(error)) return;
  const cause = error instanceof WorkError ? error.code : null;
  const interrupted = ports.signal.aborted;
  await ports.database
    .write(async (transaction) => {
      await transaction
        .updateTable("imports")
        .set({ finished_at: ports.now(), error: messageOf(error).slice(0, 4000) })
        .where("id", "=", started.importKey)
        .execute();
      // An import that was only interrupted goes on later from where it is.
      if (!interrupted) await transaction.updateTable("jobs").set({ import_state: "failed", cause }).where("id", "=", started.jobKey).execute();
    })
    .catch(() => undefined);
}
