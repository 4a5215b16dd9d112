import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { JobRecord, Runtime, RuntimeEvent } from "cofferdam";
import { messageOf } from "workload-command-line";
import { crawlOutcome } from "../crawl/crawl-input.ts";
import { CRAWL_JOB } from "../crawl/job-type.ts";
import type { Database } from "../database/database.ts";
import type { SourceCounts, WorkerEnd } from "../runs/decide-end.ts";
import { thisOwner } from "../runs/owner.ts";
import { isActive, type RunTrigger } from "../runs/run-status.ts";
import { activeRun, endRun, interruptOrphans, requestResume, requestRun, type Ended, type Output, type Resumed, type RunRow } from "../runs/run-store.ts";
import type { SourceName } from "../sources/item.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { createLiveRuns, type LiveRuns } from "./live-run.ts";

export class ShuttingDownError extends Error {
  override readonly name = "ShuttingDownError";
}

export type Triggered = { readonly kind: "started" | "joined" | "refused"; readonly run: RunRow };
export type Cancelled = { readonly kind: "cancelling"; readonly run: RunRow } | { readonly kind: "missing" } | { readonly kind: "wrong-state"; readonly status: string };

export interface TriggerOptions {
  readonly trigger: Extract<RunTrigger, "api" | "cli">;
  readonly sources: readonly SourceName[];
  /** What happens while another run is active. */
  readonly mode: "join" | "refuse";
}

/** Makes runs of wishes, follows them and writes down how they ended. It decides nothing about markets and does no work itself. */
export interface Conductor {
  /** @throws ShuttingDownError */
  trigger(options: TriggerOptions): Promise<Triggered>;
  resume(runId: string): Promise<Resumed>;
  cancel(runId: string): Promise<Cancelled>;
  readonly live: LiveRuns;
  /** Every event of the runtime, from its very start. */
  observe(event: RuntimeEvent): void;
  /** The active run of this or another process, at most 2 s old. */
  active(): RunRow | null;
  /** Resolves when the run has an end. */
  untilEnded(runId: string): Promise<RunRow>;
  /** Calls back when something has changed; returns how to stop that. */
  watch(listener: () => void): () => void;
  start(): Promise<void>;
  /** Ends what runs. What cannot be written down within a minute is left to the next start, which finds its owner gone. */
  stop(): Promise<void>;
}

export interface ConductorOptions {
  readonly database: Database;
  readonly control: Runtime["control"];
  readonly owner: string;
  /** A run begins or goes on here, with what it has counted before. */
  readonly onBegin: (counts: readonly SourceCounts[]) => void;
  readonly onEnd: (ended: Ended) => void;
  readonly onProgress: () => void;
}

const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 30_000;
const STOP_MS_MAX = 60_000;

const ENDED: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled", "quarantined"]);

/** One name for this process and this service in it. */
export function newOwner(): string {
  return `${thisOwner()} ${randomUUID()}`;
}

export function createConductor({ database, control, owner, onBegin, onEnd, onProgress }: ConductorOptions): Conductor {
  const live = createLiveRuns(control);
  /** The runtime's jobs of runs that were asked for here. */
  const runOfJob = new Map<string, string>();
  const listeners = new Set<() => void>();
  const settling = new Set<Promise<void>>();
  /** A job in quarantine is settled once more when it is discarded: by then its run may go on with another one. */
  const settled = new Set<string>();
  const stopping = new AbortController();
  /** Resolves when a stopping service leaves the end of a run to the next one. */
  const left = Promise.withResolvers<void>();

  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  function observe(event: RuntimeEvent): void {
    if (live.observe(event) !== null) {
      onProgress();
      changed();
    }
    // A job that will be tried again is settled too, but has not ended.
    if (event.kind !== "job.settled" || event.type !== CRAWL_JOB || !ENDED.has(event.state) || settled.has(event.jobId)) return;
    settled.add(event.jobId);
    const isStopped = stopping.signal.aborted;
    keepTrying(`the end of job ${event.jobId}`, () => settle(event.jobId, isStopped));
  }

  /** A full disk or a database that somebody keeps locked must not leave a run without an end: everybody would join it for good. Only a service that stops gives up. */
  function keepTrying(what: string, write: () => Promise<void>): void {
    const work = (async () => {
      for (let pauseMs = RETRY_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, RETRY_MS_MAX)) {
        try {
          return await write();
        } catch (error) {
          console.error(`${what} could not be written: ${messageOf(error)}`);
        }
        if (stopping.signal.aborted) return left.resolve();
        await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    })().finally(() => settling.delete(work));
    settling.add(work);
  }

  async function settle(jobId: string, isStopped: boolean): Promise<void> {
    const run = live.find(jobId);
    await run?.outputRead;
    const job = await control.job(jobId);
    const runId = runOfJob.get(jobId) ?? (await runIdOf(database, jobId));
    if (runId !== null) await end(runId, endOf(job, await outcomeOf(jobId), isStopped), run === null ? null : { lines: run.output.text(), first_line: run.output.dropped });
    if (job.state === "quarantined") await control.discardQuarantined(jobId).catch(() => undefined);
    live.forget(jobId);
    runOfJob.delete(jobId);
    changed();
  }

  async function outcomeOf(jobId: string): Promise<string> {
    const result = await control.document(jobId, "result");
    return result === null ? "none" : (crawlOutcome.safeParse(JSON.parse(result)).data?.outcome ?? "none");
  }

  async function end(runId: string, how: WorkerEnd, output: Output | null): Promise<void> {
    const ended = await endRun(database, { runId, end: how, output });
    heartbeat.saw(null);
    if (ended !== null) onEnd(ended);
    changed();
  }

  const heartbeat = createHeartbeat({
    database,
    owner,
    onOrphan: (ended) => {
      onEnd(ended);
      changed();
    },
    output: () => live.current()?.output ?? null,
    cancel: (run) => cancelJob(run, "asked to"),
  });

  async function enqueue(run: RunRow): Promise<void> {
    try {
      const { id } = await control.enqueue({ type: CRAWL_JOB, input: JSON.stringify({ runId: run.id }), uniqueKey: `run ${run.id} ${randomUUID()}` });
      runOfJob.set(id, run.id);
      // A stop that came while the job was stored knew of none.
      if (stopping.signal.aborted) await cancelJob(run, "the service is stopped");
    } catch (error) {
      const failed = { kind: "ended", cause: "failed", summary: messageOf(error) } as const;
      // Whoever asked hears at once.
      keepTrying(`the end of run ${run.id}`, () => end(run.id, failed, null));
      throw error;
    }
  }

  async function cancelJob(run: RunRow, reason: string): Promise<void> {
    const jobId = run.job_id ?? [...runOfJob].find(([, runId]) => runId === run.id)?.[0];
    // It may have ended in the meantime: then there is nothing to cancel.
    if (jobId !== undefined) await control.cancel(jobId, { mode: "graceful", by: "market-crawl", reason }).catch(() => undefined);
  }

  async function find(runId: string): Promise<RunRow | undefined> {
    return await database.read.selectFrom("runs").selectAll().where("id", "=", runId).executeTakeFirst();
  }

  function assertOpen(): void {
    if (stopping.signal.aborted) throw new ShuttingDownError("the service is shutting down");
  }

  async function interruptLost(): Promise<void> {
    for (const ended of await interruptOrphans(database, owner)) onEnd(ended);
  }

  return {
    live,
    observe,
    active: heartbeat.active,
    async trigger({ trigger, sources, mode }) {
      assertOpen();
      await interruptLost();
      const { kind, run } = await requestRun(database, { trigger, sources, owner });
      if (kind === "queued") onBegin([]);
      if (kind === "joined") return { kind: mode === "refuse" ? "refused" : "joined", run };
      await enqueue(run);
      heartbeat.saw(run);
      changed();
      return { kind: "started", run };
    },
    async resume(runId) {
      assertOpen();
      await interruptLost();
      const resumed = await requestResume(database, runId, owner);
      if (resumed.kind === "queued") {
        onBegin(await database.read.selectFrom("run_sources").selectAll().where("run_id", "=", runId).execute());
        await enqueue(resumed.run);
        heartbeat.saw(resumed.run);
      }
      changed();
      return resumed;
    },
    async cancel(runId) {
      const run = await find(runId);
      if (run === undefined) return { kind: "missing" };
      if (!isActive(run.status)) return { kind: "wrong-state", status: run.status };
      // Whoever owns it sees this with its next heartbeat; here it need not wait.
      await database.write((transaction) => transaction.updateTable("runs").set({ cancel_requested: 1 }).where("id", "=", runId).execute());
      if (run.owner === owner) await cancelJob(run, "asked to");
      return { kind: "cancelling", run };
    },
    async untilEnded(runId) {
      const ended = Promise.withResolvers<RunRow>();
      const look = async (): Promise<void> => {
        const run = await find(runId);
        if (run !== undefined && !isActive(run.status)) ended.resolve(run);
      };
      const unwatch = this.watch(() => void look().catch(ended.reject));
      const other = setInterval(() => void look().catch(ended.reject), FOREIGN_LOOK_MS);
      try {
        await look();
        return await ended.promise;
      } finally {
        clearInterval(other);
        unwatch();
      }
    },
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async start() {
      await interruptLost();
      await discardDead(control);
      heartbeat.start();
    },
    async stop() {
      stopping.abort();
      const endOwn = async (): Promise<void> => {
        const run = await activeRun(database.read);
        if (run?.owner === owner) {
          await cancelJob(run, "the service is stopped");
          await Promise.race([this.untilEnded(run.id), left.promise]);
        }
        await Promise.all(settling);
      };
      await Promise.race([endOwn(), pause(STOP_MS_MAX, undefined, { ref: false })]).catch((error: unknown) => console.error(`what runs could not be ended: ${messageOf(error)}`));
      heartbeat.stop();
    },
  };
}

/** A run of another process tells nobody here: it is looked at. */
const FOREIGN_LOOK_MS = 1000;

async function runIdOf(database: Database, jobId: string): Promise<string | null> {
  return (await database.read.selectFrom("runs").select("id").where("job_id", "=", jobId).executeTakeFirst())?.id ?? null;
}

function endOf(job: JobRecord, outcome: string, isStopped: boolean): WorkerEnd {
  if (job.state === "succeeded" && outcome === "crawled") return { kind: "done" };
  if (job.state === "succeeded") return { kind: "ended", cause: "failed", summary: "the worker did not find its run in the database" };
  if (job.state === "cancelled") return isStopped ? { kind: "service-stopped" } : { kind: "cancelled" };
  return { kind: "ended", cause: job.cause ?? "failed", summary: job.summary ?? job.state };
}

/** Jobs of runs that died with an earlier service: their runs are written down as interrupted, and nothing of them may run again. */
async function discardDead(control: Runtime["control"]): Promise<void> {
  const { items } = await control.jobs({ states: ["quarantined"], type: CRAWL_JOB }, { limit: 100, cursor: null });
  for (const { id } of items) await control.discardQuarantined(id).catch(() => undefined);
}
