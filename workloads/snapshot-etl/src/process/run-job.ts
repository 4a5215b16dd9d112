import { getHeapStatistics } from "node:v8";
import { classifyDatabaseError } from "workload-database";
import { systemClock } from "../clock.ts";
import { isQuarantined } from "../conduct/work.ts";
import { openSnapshots, type Database } from "../database/open.ts";
import { EtlError, messageOf } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { TYPES, type ProcessType } from "../work-types.ts";
import { takeClaim } from "./claim.ts";
import { createCollector } from "./collect.ts";
import { commitFaults } from "./faults.ts";
import type { ProcessInput, ProcessOutcome } from "./outcome.ts";
import { processSnapshot } from "./process-snapshot.ts";
import { createTally, type Run } from "./run.ts";

/** What the runtime gives a job. */
export interface JobPort {
  readonly id: string;
  readonly attemptId: string;
  readonly signal: AbortSignal;
  progress(progress: { readonly note?: string }): void;
}

let opened: Promise<Database> | null = null;

/** One database for all attempts of this worker: opening it anew would cost more than a small snapshot does. */
export async function workerDatabase(settings: Settings): Promise<Database> {
  opened ??= openSnapshots(settings.databaseUrl, { busyMs: settings.databaseBusyMs, connections: 2 });
  try {
    return await opened;
  } catch (error) {
    opened = null;
    throw error;
  }
}

export async function runProcessJob(type: ProcessType, input: ProcessInput, job: JobPort, settings: Settings): Promise<ProcessOutcome> {
  try {
    return await runSnapshot(await workerDatabase(settings), type, input, job, settings);
  } catch (error) {
    if (error instanceof EtlError || job.signal.aborted) throw error;
    const found = classifyDatabaseError(error);
    throw new EtlError(found === "none" ? "CRASH" : "DB_ERROR", messageOf(error), { permanent: found === "permanent" || found === "constraint", cause: error });
  }
}

async function runSnapshot(database: Database, type: ProcessType, input: ProcessInput, job: JobPort, settings: Settings): Promise<ProcessOutcome> {
  const snapshotId = input.snapshot_id;
  const skipped = (reason: Extract<ProcessOutcome, { outcome: "skipped" }>["reason"]): ProcessOutcome => ({ outcome: "skipped", snapshot_id: snapshotId, reason });
  const startedMs = systemClock.nowMs();
  if (!settings.allowOldJobs && startedMs - Date.parse(input.enqueue_ts) > settings.jobAgeMsMax) return skipped("old");
  if (type !== TYPES.highmem && (await isQuarantined(database.read, snapshotId))) return skipped("quarantined");
  const claimant = { job: job.id, token: job.attemptId, node: process.env["SNAPSHOT_ETL_NODE"] ?? "none" };
  const claim = await takeClaim(database, snapshotId, claimant, startedMs);
  if (claim === null) return skipped((await exists(database, snapshotId)) ? "claimed" : "gone");
  job.progress({ note: `snapshot ${snapshotId}: claimed` });
  const ballast = commitFaults(settings.faults, snapshotId);
  const tally = createTally();
  const collect = createCollector();
  const run: Run = {
    database,
    claim,
    clock: systemClock,
    signal: job.signal,
    batchRows: type === TYPES.highmem ? settings.highmemBatchSize : settings.batchSize,
    memoryShare: heapShare,
    progress(note) {
      job.progress({ note: `snapshot ${snapshotId}: ${note}` });
      collect();
    },
    tally,
  };
  const outcome = await processSnapshot(run);
  const seconds = (systemClock.nowMs() - startedMs) / 1000;
  // The ballast lives until here.
  if (ballast.length > 0) run.progress(`${ballast.length} MB of ballast`);
  return {
    outcome,
    snapshot_id: snapshotId,
    attempt: claim.attempt,
    upserts: tally.upserts,
    batches: countSizes(tally.batches),
    errors: tally.errors,
    omitted: tally.omitted,
    seconds,
  };
}

function heapShare(): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return used_heap_size / heap_size_limit;
}

function countSizes(batches: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const rows of batches) counts[rows] = (counts[rows] ?? 0) + 1;
  return counts;
}

async function exists(database: Database, snapshotId: number): Promise<boolean> {
  return (await database.read.selectFrom("hero_snapshots").select("id").where("id", "=", snapshotId).executeTakeFirst()) !== undefined;
}
