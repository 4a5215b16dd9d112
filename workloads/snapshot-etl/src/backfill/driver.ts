// Walks a range of snapshots, a few at a time, and leaves a checkpoint after each. What it has begun is in the table of work, so nothing is lost with the process.
import { toTime, type Clock } from "../clock.ts";
import { isQuarantined, priorityOf, putWork, typeFor } from "../conduct/work.ts";
import type { Conductor } from "../conduct/conductor.ts";
import type { Database } from "../database/open.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../watch/log.ts";
import { backfillFails, BACKFILL_WINDOW } from "../watch/windows.ts";
import { TYPES } from "../work-types.ts";
import { countItem } from "./count-item.ts";
import { failedOfLast, findBackfill, isCounted, nextSnapshots, type BackfillRow, type BackfillState, type Checkpoint } from "./rows.ts";

export interface BackfillPorts {
  readonly database: Database;
  readonly conductor: Conductor;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when a backfill paused by itself. */
  readonly onPaused: (jobId: string, reason: string) => void;
  /** How many of the lane run at once. */
  readonly setConcurrency: (concurrency: number) => Promise<void>;
}

export interface BackfillDriver {
  /** Drives the backfill until it is done, paused or failed, or this driver stops. One call at a time does the driving; the others wait for it, and go on where it has ended. */
  drive(jobId: string): Promise<void>;
  /** Has every walk look at the tables: what it waits for may have been done by another process, or it may have been paused. */
  wake(): void;
  stop(): Promise<void>;
}

/** A snapshot under way. */
interface Step {
  readonly checkpoint: Checkpoint;
  done: boolean;
}

export function createBackfillDriver(ports: BackfillPorts): BackfillDriver {
  const { database, conductor, clock, log } = ports;
  const running = new Map<string, Promise<void>>();
  let woken = Promise.withResolvers<void>();
  const stopping = new AbortController();

  async function run(jobId: string): Promise<void> {
    const begun = await findBackfill(database.read, jobId);
    if (begun === null || (begun.status !== "pending" && begun.status !== "running")) return;
    await database.write((transaction) =>
      transaction
        .updateTable("backfill_jobs")
        .set({ status: "running", started_at: begun.started_at ?? toTime(clock.nowMs()) })
        .where("job_id", "=", jobId)
        .execute(),
    );
    await ports.setConcurrency(begun.concurrency);
    await walk(jobId, begun.last_checkpoint);
  }

  /** In order of the snapshots: `steps` is what has begun and is not yet behind the checkpoint. */
  async function walk(jobId: string, from: Checkpoint | null): Promise<void> {
    const steps: Step[] = [];
    let ahead: Checkpoint[] = [];
    let last = from;
    while (!stopping.signal.aborted) {
      // Taken before the tables are read: what changes in between wakes it again.
      const change = woken.promise;
      await markDone(steps);
      await advance(jobId, steps);
      const job = await findBackfill(database.read, jobId);
      if (job === null || job.status !== "running") return;
      if (await pausesItself(job)) return;
      const atOnce = job.processed_count < job.canary ? 1 : job.concurrency;
      if (steps.length < atOnce) {
        if (ahead.length === 0) ahead = [...(await nextSnapshots(database.read, job, last, job.batch_size))];
        const next = ahead.shift();
        if (next !== undefined) {
          last = next;
          steps.push(await begin(job, next));
          continue;
        }
        if (steps.length === 0) return await setState(jobId, "done", null);
      }
      await change;
    }
  }

  /** What is off the list of work is done, whoever did it. */
  async function markDone(steps: readonly Step[]): Promise<void> {
    const open = steps.filter(({ done }) => !done);
    if (open.length === 0) return;
    const ids = open.map(({ checkpoint }) => checkpoint.id);
    const rows = await database.read
      .selectFrom("work")
      .select("snapshot_id")
      .where(({ ref }) => database.dialect.isOneOf(ref("snapshot_id"), ids))
      .execute();
    const waiting = new Set(rows.map(({ snapshot_id }) => snapshot_id));
    for (const step of open) step.done = !waiting.has(step.checkpoint.id);
  }

  /** Puts the snapshot on the list of work; one that this backfill has counted before is done already. */
  async function begin(job: BackfillRow, checkpoint: Checkpoint): Promise<Step> {
    const now = toTime(clock.nowMs());
    const begun = await database.write(async (transaction) => {
      const busy = await transaction.selectFrom("work").select(["backfill_id", "outcome"]).where("snapshot_id", "=", checkpoint.id).executeTakeFirst();
      if (busy === undefined) {
        if (await isCounted(transaction, job.job_id, checkpoint.id)) return false;
        const type = typeFor(await isQuarantined(transaction, checkpoint.id), TYPES.backfill);
        await putWork(transaction, { snapshotId: checkpoint.id, type, priority: priorityOf(type, "backfill"), backfillId: job.job_id, now });
        return true;
      }
      if (busy.backfill_id === job.job_id) return true;
      if (busy.backfill_id === null) {
        // It waits already, for somebody who asked before: that one run counts for both.
        await transaction.updateTable("work").set({ backfill_id: job.job_id }).where("snapshot_id", "=", checkpoint.id).execute();
        return true;
      }
      await countItem(transaction, job.job_id, checkpoint.id, "elsewhere");
      return false;
    });
    if (begun) await conductor.take(checkpoint.id);
    return { checkpoint, done: !begun };
  }

  /** Moves the checkpoint over what is done without a gap. What another process has done, and counted for nobody, is counted here. */
  async function advance(jobId: string, steps: Step[]): Promise<void> {
    const gap = steps.findIndex(({ done }) => !done);
    const through = steps.splice(0, gap < 0 ? steps.length : gap).map(({ checkpoint }) => checkpoint);
    const reached = through.at(-1);
    if (reached === undefined) return;
    await database.write(async (transaction) => {
      for (const { id } of through) await countItem(transaction, jobId, id, "elsewhere");
      await transaction
        .updateTable("backfill_jobs")
        .set({ last_checkpoint: JSON.stringify({ created_at: reached.created_at, id: reached.id }) })
        .where("job_id", "=", jobId)
        .execute();
    });
  }

  async function pausesItself(job: BackfillRow): Promise<boolean> {
    const failed = await failedOfLast(database.read, job, BACKFILL_WINDOW);
    const reason =
      failed > 0 && job.processed_count <= job.canary ? "a snapshot of the canary failed" : backfillFails(failed) ? `more than 1 % of the last ${BACKFILL_WINDOW} failed` : null;
    if (reason === null) return false;
    await setState(job.job_id, "paused", reason);
    ports.onPaused(job.job_id, reason);
    return true;
  }

  async function setState(jobId: string, status: BackfillState, reason: string | null): Promise<void> {
    const finished = status === "done" || status === "failed" ? { finished_at: toTime(clock.nowMs()) } : {};
    await database.write((transaction) =>
      transaction
        .updateTable("backfill_jobs")
        .set({ status, pause_reason: reason, ...finished })
        .where("job_id", "=", jobId)
        .where("status", "in", ["pending", "running"])
        .execute(),
    );
  }

  function wake(): void {
    woken.resolve();
    woken = Promise.withResolvers();
  }
  conductor.onDone(wake);

  return {
    wake,
    async drive(jobId) {
      // Resumed while the last walk is ending: this one goes on.
      for (let before = running.get(jobId); before !== undefined; before = running.get(jobId)) await before;
      if (stopping.signal.aborted) return;
      const mine = run(jobId)
        .catch((error: unknown) => {
          // The row still says running: the next start goes on.
          if (!stopping.signal.aborted) log.error("a backfill stopped by an error", { backfill: jobId, error: messageOf(error) });
        })
        .finally(() => running.delete(jobId));
      running.set(jobId, mine);
      await mine;
    },
    async stop() {
      stopping.abort();
      wake();
      await Promise.all(running.values());
    },
  };
}
