import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isBusy, type Database } from "../database/database.ts";
import { messageOf, WorkError } from "../errors.ts";
import { readReport } from "../junit/read-report.ts";
import { parseOrderFileName } from "../order/order-file-name.ts";
import { readOrderFile } from "../order/read-order.ts";
import { takeInventory, type Inventory } from "./inventory.ts";
import { ensureJob, isUnchanged, skippedOutcome, type JobRecord } from "./job-record.ts";
import type { ImportOutcome, ImportProgress, ImportRequest, Step } from "./request.ts";
import { writeBatch, writeLastBatch, type BatchOptions } from "./result-writer.ts";
import { openStaging, type ResultRow, type Staging } from "./staging.ts";

export interface ImportPorts {
  readonly database: Database;
  /** A directory of this attempt alone. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  readonly batchSize: number;
  readonly now: () => string;
  report(progress: ImportProgress): void;
  /** After each batch that is on disk. */
  checkpoint(point: { readonly written: number }): Promise<void>;
}

/**
 * Imports one job's files: survey, parse into a scratch database, merge, write in batches, statistics with the last one.
 * Killed at any moment and called again with the same input it goes on where the last batch ended, and ends with the same rows.
 */
export async function importJob(request: ImportRequest, ports: ImportPorts): Promise<ImportOutcome> {
  const inventory = await takeInventory(request.directory, { files: request.files, topology: request.topology, signal: ports.signal });
  const started = await begin(request, inventory, ports);
  if (started.kind === "skipped") return skippedOutcome(started.job);
  const track = createTracker(ports, inventory);
  const staging = openStaging(join(ports.scratch, `staging-${started.importKey}.db`));
  try {
    const batch: BatchOptions = { jobKey: started.job.key, importKey: started.importKey, now: ports.now, waiting: () => track.report() };
    const merged = inventory.orderFiles.length > 0 && request.mode === "auto";
    const reading = await readAll(merged, inventory, { staging, ports, track, directory: request.directory });
    await noteStep(ports.database, started.importKey, "write", track.counts());
    const unmatchedJunit = merged ? reading.unmatched : 0;
    const rows = merged ? staging.mergedRows(started.written) : staging.caseRows(started.written);
    track.step("write", "");
    const last = await writeRows(rows, { batch, ports, track, written: started.written });
    const state = reading.problems.length > 0 ? "partial" : last.written === 0 ? "empty" : "complete";
    const statistics = await writeLastBatch(ports.database, batch, last.rows, { state, inputDigest: inventory.digest, unmatchedJunit, problems: reading.problems });
    track.step("done", "");
    if (state === "complete" && request.cleanup) await rm(request.directory, { recursive: true, force: true });
    return {
      jobKey: started.job.key,
      outcome: "imported",
      state,
      ...statistics,
      parsed: track.counts().parsed,
      stepSeconds: track.seconds(),
      unmatchedJunit,
      ignoredLines: reading.ignoredLines,
      problems: reading.problems,
    };
  } catch (error) {
    await noteFailure(ports, started, error);
    throw error;
  } finally {
    staging.close();
    await rm(join(ports.scratch, `staging-${started.importKey}.db`), { force: true });
  }
}

type Started = { readonly kind: "skipped"; readonly job: JobRecord } | { readonly kind: "started"; readonly job: JobRecord; readonly importKey: number; readonly written: number };

/** Marks the job as importing. What an earlier import left is removed first, also in batches, unless it was of this very input. */
async function begin(request: ImportRequest, inventory: Inventory, ports: ImportPorts): Promise<Started> {
  const progressKey = `${inventory.digest} ${request.mode} ${request.executedAt ?? ""}`;
  const started = await ports.database.write((writer): Started => {
    const job = ensureJob(writer, { ...request, now: ports.now() });
    if (!request.force && isUnchanged(job, request.executedAt, { input: inventory.digest })) return { kind: "skipped", job };
    const resumes = job.state === "importing" && job.progressKey === progressKey && job.rowsWritten >= 0;
    writer.run(
      `UPDATE jobs SET import_state = 'importing', progress_key = :progressKey, rows_written = :rowsWritten, parent_job_id = coalesce(:parent, parent_job_id), jenkins_url = coalesce(:url, jenkins_url),
         version = coalesce(:version, version), executed_at = :executedAt, environment = :environment, downloaded_at = coalesce(:downloadedAt, downloaded_at), listing_digest = :listing
       WHERE id = :job`,
      {
        job: job.key,
        progressKey,
        rowsWritten: resumes ? job.rowsWritten : -1,
        parent: request.parentJobId,
        url: request.jenkinsUrl,
        version: request.version,
        executedAt: request.executedAt,
        environment: request.environment,
        downloadedAt: request.downloadedAt,
        listing: request.listingDigest,
      },
    );
    writer.run("UPDATE imports SET finished_at = :now, error = 'interrupted' WHERE job_id = :job AND finished_at IS NULL", { job: job.key, now: ports.now() });
    const bytes = [...inventory.orderFiles, ...inventory.reports].reduce((sum, file) => sum + file.bytes, 0);
    const importKey = writer.run("INSERT INTO imports (job_id, step, started_at, bytes) VALUES (:job, 'parse-order', :now, :bytes)", {
      job: job.key,
      now: ports.now(),
      bytes,
    }).lastId;
    return { kind: "started", job, importKey, written: resumes ? job.rowsWritten : 0 };
  });
  if (started.kind === "started" && started.written === 0) await removeRows(ports, started.job.key);
  return started;
}

async function removeRows(ports: ImportPorts, jobKey: number): Promise<void> {
  for (;;) {
    ports.signal.throwIfAborted();
    const removed = await ports.database.write((writer) => {
      const { changes } = writer.run("DELETE FROM test_results WHERE id IN (SELECT id FROM test_results WHERE job_id = :job LIMIT :limit)", {
        job: jobKey,
        limit: ports.batchSize,
      });
      if (changes < ports.batchSize) writer.run("UPDATE jobs SET rows_written = 0 WHERE id = :job", { job: jobKey });
      return changes;
    });
    if (removed < ports.batchSize) return;
  }
}

interface ReadingTools {
  readonly staging: Staging;
  readonly ports: ImportPorts;
  readonly track: Tracker;
  readonly directory: string;
}

interface Reading {
  readonly problems: readonly string[];
  readonly ignoredLines: number;
  readonly unmatched: number;
}

async function readAll(merged: boolean, inventory: Inventory, tools: ReadingTools): Promise<Reading> {
  const ignoredLines = merged ? await readOrderFiles(inventory, tools) : 0;
  const problems = await readReports(inventory, merged, tools);
  tools.track.step("merge", "");
  if (merged) return { problems, ignoredLines, unmatched: tools.staging.matchCases() };
  tools.staging.numberOccurrences();
  return { problems, ignoredLines, unmatched: 0 };
}

async function readOrderFiles(inventory: Inventory, { staging, ports, track, directory }: ReadingTools): Promise<number> {
  let ignored = 0;
  for (const { path } of inventory.orderFiles) {
    track.step("parse-order", path);
    const count = await readOrderFile(join(directory, path), { flushAt: ports.batchSize, signal: ports.signal }, async (results) => {
      staging.addOrderResults(results);
      track.parsed(results.length);
    });
    staging.applyOrderFile(parseOrderFileName(path.slice(path.lastIndexOf("/") + 1)));
    ignored += count.ignored;
  }
  return ignored;
}

/** A report that breaks off keeps what came before; one that is no report contributes nothing. When nothing else is there, that is the end. */
async function readReports(inventory: Inventory, merged: boolean, { staging, ports, track, directory }: ReadingTools): Promise<string[]> {
  const problems: string[] = [];
  let refused: WorkError | null = null;
  let readable = merged ? 1 : 0;
  for (const { path, topology } of inventory.reports) {
    track.step("parse-junit", path);
    const before = track.counts().parsed;
    const onProgress = (cases: number): void => track.parsedTo(before + cases);
    try {
      const { problem } = await readReport(join(directory, path), { flushAt: ports.batchSize, signal: ports.signal, onProgress }, async (cases) =>
        staging.addCases(topology, cases),
      );
      readable += 1;
      if (problem !== null) problems.push(`${path}: malformed at line ${problem.line}, column ${problem.column}: ${problem.message}`);
    } catch (error) {
      if (!(error instanceof WorkError) || error.code !== "not_junit") throw error;
      refused = new WorkError("not_junit", `${path}: ${error.message}`, error);
      problems.push(`${path}: not_junit: ${error.message}`);
    }
  }
  if (refused !== null && readable === 0) throw refused;
  return problems;
}

interface RowTools {
  readonly batch: BatchOptions;
  readonly ports: ImportPorts;
  readonly track: Tracker;
  readonly written: number;
}

/** A batch is also full when its messages are: 2,500 long ones would not fit the budget. */
const BATCH_CHARS_MAX = 4 * 1024 * 1024;

async function writeRows(rows: Iterable<ResultRow>, { batch, ports, track, written }: RowTools): Promise<{ readonly rows: readonly ResultRow[]; readonly written: number }> {
  let gathered: ResultRow[] = [];
  let chars = 0;
  let done = written;
  for (const row of rows) {
    if (gathered.length >= ports.batchSize || chars >= BATCH_CHARS_MAX) {
      ports.signal.throwIfAborted();
      await writeBatch(ports.database, batch, gathered);
      done += gathered.length;
      track.written(done);
      await ports.checkpoint({ written: done });
      gathered = [];
      chars = 0;
    }
    gathered.push(row);
    chars += row.failureMessage?.length ?? 0;
  }
  ports.signal.throwIfAborted();
  return { rows: gathered, written: done + gathered.length };
}

async function noteStep(database: Database, importKey: number, step: Step, counts: ImportProgress): Promise<void> {
  await database.write((writer) => writer.run("UPDATE imports SET step = :step, parsed = :parsed WHERE id = :id", { id: importKey, step, parsed: counts.parsed }));
}

async function noteFailure(ports: ImportPorts, started: { readonly job: JobRecord; readonly importKey: number }, error: unknown): Promise<void> {
  // Nothing can be noted while somebody holds the lock; the job stays "importing" and is tried again.
  if (isBusy(error)) return;
  const cause = error instanceof WorkError ? error.code : null;
  const interrupted = ports.signal.aborted;
  await ports.database
    .write((writer) => {
      writer.run("UPDATE imports SET finished_at = :now, error = :error WHERE id = :id", { id: started.importKey, now: ports.now(), error: messageOf(error).slice(0, 4000) });
      // An import that was only interrupted goes on later from where it is.
      if (!interrupted) writer.run("UPDATE jobs SET import_state = 'failed', cause = :cause WHERE id = :job", { job: started.job.key, cause });
    })
    .catch(() => undefined);
}

interface Tracker {
  step(step: Step, file: string): void;
  parsed(more: number): void;
  parsedTo(total: number): void;
  written(total: number): void;
  report(): void;
  counts(): ImportProgress;
  /** How long each step took so far. */
  seconds(): Partial<Record<Step, number>>;
}

function createTracker(ports: ImportPorts, inventory: Inventory): Tracker {
  let state: ImportProgress = { step: "parse-order", file: "", parsed: 0, written: 0, bytes: inventory.largestBytes };
  const change = (next: Partial<ImportProgress>): void => {
    state = { ...state, ...next };
    ports.report(state);
  };
  const seconds: Partial<Record<Step, number>> = {};
  let sinceMs = performance.now();
  const endStep = (): void => {
    const nowMs = performance.now();
    seconds[state.step] = (seconds[state.step] ?? 0) + (nowMs - sinceMs) / 1000;
    sinceMs = nowMs;
  };
  return {
    step(step, file) {
      endStep();
      change({ step, file });
    },
    seconds: () => seconds,
    parsed: (more) => change({ parsed: state.parsed + more }),
    parsedTo: (total) => change({ parsed: total }),
    written: (total) => change({ written: total }),
    report: () => ports.report(state),
    counts: () => state,
  };
}
