import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Inventory } from "./inventory.ts";
import { ensureJob, isUnchanged, type JobRecord } from "./job-record.ts";
import { hasMetadata } from "./metadata-lookup.ts";
import type { ImportRequest } from "./request.ts";

/** An import that has begun, as the writing steps know it. */
export interface RunningImport {
  readonly jobKey: number;
  readonly releaseKey: number;
  readonly importKey: number;
  /** Rows that an import of the same input has written before it was killed. */
  readonly written: number;
  readonly hasMetadata: boolean;
}

export type Started = { readonly kind: "skipped"; readonly job: JobRecord } | { readonly kind: "started"; readonly running: RunningImport };

export interface BeginTools {
  readonly database: Database;
  readonly signal: AbortSignal;
  readonly batchSize: number;
  readonly now: () => string;
}

/** Marks the job as importing. What an earlier import left is removed first, also in batches, unless it was of this very input. */
export async function beginImport(request: ImportRequest, inventory: Inventory, tools: BeginTools): Promise<Started> {
  const started = await markImporting(request, inventory, tools);
  if (started.kind === "started" && started.running.written === 0) await removeRows(tools, started.running.jobKey);
  return started;
}

async function markImporting(request: ImportRequest, inventory: Inventory, { database, now }: BeginTools): Promise<Started> {
  const progressKey = `${inventory.digest} ${request.mode} ${request.executedAt ?? ""}`;
  const bytes = [...inventory.orderFiles, ...inventory.reports].reduce((sum, file) => sum + file.bytes, 0);
  return await database.write(async (transaction): Promise<Started> => {
    const job = await ensureJob(transaction, { ...request, now: now() });
    if (!request.force && isUnchanged(job, request.executedAt, { input: inventory.digest })) return { kind: "skipped", job };
    const resumes = job.state === "importing" && job.progressKey === progressKey && job.rowsWritten >= 0;
    await transaction
      .updateTable("jobs")
      .set({
        import_state: "importing",
        progress_key: progressKey,
        rows_written: resumes ? job.rowsWritten : -1,
        parent_job_id: sql<string | null>`coalesce(${request.parentJobId}, parent_job_id)`,
        jenkins_url: sql<string | null>`coalesce(${request.jenkinsUrl}, jenkins_url)`,
        version: sql<string | null>`coalesce(${request.version}, version)`,
        downloaded_at: sql<string | null>`coalesce(${request.downloadedAt}, downloaded_at)`,
        executed_at: request.executedAt,
        environment: request.environment,
        listing_digest: request.listingDigest,
      })
      .where("id", "=", job.key)
      .execute();
    await transaction.updateTable("imports").set({ finished_at: now(), error: "interrupted" }).where("job_id", "=", job.key).where("finished_at", "is", null).execute();
    const { id: importKey } = await transaction
      .insertInto("imports")
      .values({ job_id: job.key, step: inventory.orderFiles.length > 0 ? "parse-order" : "parse-junit", started_at: now(), bytes })
      .returning("id")
      .executeTakeFirstOrThrow();
    const running = { jobKey: job.key, releaseKey: job.releaseKey, importKey, written: resumes ? job.rowsWritten : 0, hasMetadata: await hasMetadata(transaction, job.releaseKey) };
    return { kind: "started", running };
  });
}

async function removeRows({ database, signal, batchSize }: BeginTools, jobKey: number): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const removed = await database.write(async (transaction) => {
      const some = transaction.selectFrom("test_results").select("id").where("job_id", "=", jobKey).limit(batchSize);
      const { numDeletedRows } = await transaction.deleteFrom("test_results").where("id", "in", some).executeTakeFirstOrThrow();
      if (numDeletedRows < batchSize) await transaction.updateTable("jobs").set({ rows_written: 0 }).where("id", "=", jobKey).execute();
      return numDeletedRows;
    });
    if (removed < batchSize) return;
  }
}
