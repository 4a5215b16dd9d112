// Keeps the runtime's queue and the table of work in step: enqueues what is due, and turns the end of each job into what comes next.
// The table is the truth. Whatever is lost between two steps is found again by a sweep.
import type { JobRecord, Runtime } from "cofferdam";
import { createTurns } from "workload-command-line";
import { toTime, type Clock } from "../clock.ts";
import type { Database } from "../database/open.ts";
import { messageOf } from "../errors.ts";
import { fetchOutcome } from "../ingest/fetch-outcome.ts";
import { processOutcome, type ProcessOutcome } from "../process/outcome.ts";
import type { Settings } from "../settings.ts";
import type { Log } from "../watch/log.ts";
import { isProcessType, LANES, TYPES } from "../work-types.ts";
import { classifyEnd, type Failure } from "./classify-end.ts";
import { decideNext } from "./decide-next.ts";
import { audit } from "./flags.ts";
import type { Observer } from "./observer.ts";
import { readJobEnd } from "./read-job-end.ts";
import { settleDone, settleFailed, type WorkRow } from "./settle.ts";
import { untilWritten } from "./until-written.ts";
import { findWork } from "./find-work.ts";

export interface ConductorPorts {
  readonly database: Database;
  readonly control: Runtime["control"];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly node: string;
  readonly observer: Observer;
  readonly log: Log;
  /** Chance, 0 <= x < 1. */
  readonly chance: () => number;
}

export interface Conductor {
  /** Gives the snapshot's work to the runtime, unless it has it. Never throws: what fails is tried again by the next sweep. */
  take(snapshotId: number): Promise<void>;
  /** The runtime's job has ended, or will not run again. */
  jobEnded(jobId: string): Promise<void>;
  /** A claim without a living worker: the same as the death of its job. */
  claimDied(snapshotId: number, jobId: string): Promise<void>;
  /** Done by somebody else, whose end nobody counted. */
  closeDone(snapshotId: number): Promise<void>;
  /** The runtime knows nothing of this job: its work is given to it anew. */
  jobLost(snapshotId: number, jobId: string): Promise<void>;
  /** Whether this process knows the job and has not seen its end. */
  knows(jobId: string): boolean;
  snapshotOf(jobId: string): number | null;
  /** Calls back when the work of a snapshot is off the list, whatever its end. */
  onDone(listener: (snapshotId: number) => void): () => void;
  /** Ends what is under way and takes nothing more. */
  stop(): Promise<void>;
}

/** How long a snapshot that somebody else holds is left alone. */
const SKIP_PAUSE_MS = 15_000;

export function createConductor(ports: ConductorPorts): Conductor {
  const { database, control, settings, clock, node, observer, log } = ports;
  const turns = createTurns<number>();
  /** Jobs of this process that have not ended, to their snapshots. */
  const known = new Map<string, number>();
  const listeners = new Set<(snapshotId: number) => void>();
  const stopping = new AbortController();
  const write = untilWritten(database, stopping.signal, (error) => log.warn("the database could not be written; trying again", { error: messageOf(error) }));

  async function enqueue(snapshotId: number): Promise<void> {
    const work = await findWork(database.read, snapshotId);
    if (work === null || work.job_id !== null || work.outcome !== null || stopping.signal.aborted) return;
    const input = { snapshot_id: snapshotId, enqueue_ts: work.enqueued_at, ...(work.correlation_id === null ? {} : { correlation_id: work.correlation_id }) };
    const { id } = await control.enqueue({
      type: work.type,
      input: JSON.stringify(input),
      lane: LANES[work.type],
      priority: work.priority,
      runAtMs: Math.max(Date.parse(work.due_at), clock.nowMs()),
      uniqueKey: keyOf(work),
      tags: [`snapshot:${snapshotId}`],
    });
    known.set(id, snapshotId);
    await write((transaction) => transaction.updateTable("work").set({ job_id: id, node }).where("snapshot_id", "=", snapshotId).execute());
  }

  async function end(snapshotId: number, job: JobRecord): Promise<void> {
    const work = await findWork(database.read, snapshotId);
    known.delete(job.id);
    if (work === null) return tellDone(snapshotId);
    // Started over by somebody meanwhile: this end is history.
    if (work.job_id !== null && work.job_id !== job.id) return;
    if (job.state === "succeeded") await succeed(work, await readOutcome(job.id));
    else await fail(work, job.id, classifyEnd(await readJobEnd(control, job)));
    if (job.state === "quarantined") await control.discardQuarantined(job.id).catch(() => undefined);
  }

  async function readOutcome(jobId: string): Promise<ProcessOutcome> {
    return processOutcome.parse(JSON.parse((await control.document(jobId, "result")) ?? "null"));
  }

  async function succeed(work: WorkRow, outcome: ProcessOutcome): Promise<void> {
    const snapshotId = work.snapshot_id;
    if (outcome.outcome === "skipped") return await skip(work, outcome);
    await write((transaction) => settleDone(transaction, work, outcome.outcome));
    observer.done(work.type, outcome, snapshotId);
    tellDone(snapshotId);
  }

  async function skip(work: WorkRow, outcome: Extract<ProcessOutcome, { outcome: "skipped" }>): Promise<void> {
    const snapshotId = work.snapshot_id;
    const now = clock.nowMs();
    if (outcome.reason === "claimed") {
      // Somebody else is at it; its end, or the end of its claim, is found by a sweep.
      await write((transaction) =>
        transaction
          .updateTable("work")
          .set({ job_id: null, due_at: toTime(now + SKIP_PAUSE_MS) })
          .where("snapshot_id", "=", snapshotId)
          .execute(),
      );
      return;
    }
    if (outcome.reason === "quarantined") {
      await write((transaction) => transaction.updateTable("work").set({ type: TYPES.highmem, job_id: null }).where("snapshot_id", "=", snapshotId).execute());
      return await enqueue(snapshotId);
    }
    await write(async (transaction) => {
      if (outcome.reason === "old") await audit(transaction, { actor: "system", action: "drop-old-job", target: `snapshot ${snapshotId}`, details: {}, now: toTime(now) });
      await settleDone(transaction, work, "dropped");
    });
    observer.done(work.type, outcome, snapshotId);
    tellDone(snapshotId);
  }

  async function fail(work: WorkRow, jobId: string, failure: Failure): Promise<void> {
    const snapshotId = work.snapshot_id;
    if (work.outcome !== null) {
      // It died after its last transaction: the work is done all the same.
      await write((transaction) => settleDone(transaction, work, work.outcome ?? "success"));
      return tellDone(snapshotId);
    }
    const next = decideNext({
      type: work.type,
      failure,
      failedBefore: work.attempt,
      retriesMax: settings.retriesMax,
      backoff: settings,
      fraction: ports.chance(),
    });
    const isThere = await write((transaction) => settleFailed(transaction, { work, jobId, failure, next, nowMs: clock.nowMs() }));
    if (!isThere) return tellDone(snapshotId);
    observer.failed(work.type, failure, next, snapshotId);
    if (next.kind === "retry" || next.kind === "quarantine-and-retry") await enqueue(snapshotId);
    else tellDone(snapshotId);
  }

  /** A fetch has stored a snapshot in its own process: it is taken up here. */
  async function fetched(jobId: string): Promise<void> {
    const outcome = fetchOutcome.safeParse(JSON.parse((await control.document(jobId, "result")) ?? "null"));
    if (!outcome.success) return;
    if (outcome.data.status !== 409) observer.received("upstream", false);
    await quietly(outcome.data.snapshot_id, () => enqueue(outcome.data.snapshot_id));
  }

  function tellDone(snapshotId: number): void {
    for (const listener of listeners) listener(snapshotId);
  }

  /** What goes wrong here is found again by the next sweep. */
  function quietly(snapshotId: number, work: () => Promise<void>): Promise<void> {
    return turns.take(snapshotId, work).catch((error: unknown) => {
      if (!stopping.signal.aborted) log.error("a step for a snapshot failed; a sweep will find it", { snapshot_id: snapshotId, error: messageOf(error) });
    });
  }

  return {
    knows: (jobId) => known.has(jobId),
    snapshotOf: (jobId) => known.get(jobId) ?? null,
    take: (snapshotId) => quietly(snapshotId, () => enqueue(snapshotId)),
    async jobEnded(jobId) {
      const job = await control.job(jobId).catch(() => null);
      if (job?.type === TYPES.fetch && job.state === "succeeded") return await fetched(jobId);
      if (job === null || !isProcessType(job.type)) return;
      const snapshotId = snapshotOfKey(job.uniqueKey);
      if (snapshotId !== null) await quietly(snapshotId, () => end(snapshotId, job));
    },
    claimDied: (snapshotId, jobId) =>
      quietly(snapshotId, async () => {
        const work = await findWork(database.read, snapshotId);
        if (work === null || (work.job_id !== null && work.job_id !== jobId) || !(await isClaimedBy(database, snapshotId, jobId))) return;
        observer.released(snapshotId);
        await fail(work, jobId, { type: "CRASH", permanent: false, cause: "lost", message: "the worker that had claimed it is gone" });
      }),
    closeDone: (snapshotId) =>
      quietly(snapshotId, async () => {
        const work = await findWork(database.read, snapshotId);
        if (work === null || work.outcome === null) return;
        await write((transaction) => settleDone(transaction, work, work.outcome ?? "success"));
        tellDone(snapshotId);
      }),
    jobLost: (snapshotId, jobId) =>
      quietly(snapshotId, async () => {
        await write((transaction) => transaction.updateTable("work").set({ job_id: null }).where("snapshot_id", "=", snapshotId).where("job_id", "=", jobId).execute());
        await enqueue(snapshotId);
      }),
    onDone(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      stopping.abort();
      await turns.idle();
    },
  };
}

/** One job for each attempt at each time the work was put on the list: a crash between enqueue and note makes no second one. */
function keyOf(work: WorkRow): string {
  return `snapshot:${work.snapshot_id}:${work.attempt}:${Date.parse(work.enqueued_at)}`;
}

export function snapshotOfKey(uniqueKey: string | null): number | null {
  const digits = /^snapshot:(\d+):/.exec(uniqueKey ?? "")?.[1];
  return digits === undefined ? null : Number(digits);
}

async function isClaimedBy(database: Database, snapshotId: number, jobId: string): Promise<boolean> {
  const row = await database.read
    .selectFrom("hero_snapshots")
    .select("id")
    .where("id", "=", snapshotId)
    .where("processing", "=", 1)
    .where("claim_job", "=", jobId)
    .executeTakeFirst();
  return row !== undefined;
}
