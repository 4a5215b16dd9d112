import { randomUUID } from "node:crypto";
import type { Selectable } from "kysely";
import type { Database, Tables, Write } from "../database/database.ts";
import type { SourceName } from "../sources/item.ts";
import { decideEnd, savedOf, type RunEnd, type SourceCounts, type WorkerEnd } from "./decide-end.ts";
import { isOwnerGone } from "./owner.ts";
import { ACTIVE_STATUSES, exitCodeOfRun, isResumable, RESUMABLE_STATUSES, type RunTrigger } from "./run-status.ts";

export type RunRow = Selectable<Tables["runs"]>;

export interface RunRequest {
  readonly trigger: Exclude<RunTrigger, "resume">;
  readonly sources: readonly SourceName[];
  readonly owner: string;
  /** The runtime's job, when it is that which asks. */
  readonly jobId?: string;
}

export type Requested = { readonly kind: "queued" | "joined"; readonly run: RunRow };
export type Resumed = { readonly kind: "queued"; readonly run: RunRow } | { readonly kind: "missing" } | { readonly kind: "wrong-state"; readonly status: string };

/** At most one run is active, whoever asks and from whichever process: the database says so. */
export async function requestRun(database: Database, { trigger, sources, owner, jobId }: RunRequest): Promise<Requested> {
  return await database.write(async (transaction): Promise<Requested> => {
    const active = await activeRun(transaction);
    if (active !== undefined) return { kind: "joined", run: active };
    const at = new Date().toISOString();
    const row = { id: randomUUID(), trigger, status: "queued", requested_at: at, sources: sources.join(","), owner, heartbeat_at: at, job_id: jobId ?? null };
    const run = await transaction.insertInto("runs").values(row).returningAll().executeTakeFirstOrThrow();
    return { kind: "queued", run };
  });
}

/** The same run once more: it goes on where it stopped. What failed only because a listing could not be had is tried again. */
export async function requestResume(database: Database, runId: string, owner: string): Promise<Resumed> {
  return await database.write(async (transaction): Promise<Resumed> => {
    const known = await transaction.selectFrom("runs").selectAll().where("id", "=", runId).executeTakeFirst();
    if (known === undefined) return { kind: "missing" };
    const active = await activeRun(transaction);
    if (!isResumable(known.status)) return { kind: "wrong-state", status: known.status };
    if (active !== undefined) return { kind: "wrong-state", status: `${known.status}, and another run is active` };
    await transaction.deleteFrom("scraping_logs").where("run_id", "=", runId).execute();
    await forgetLostPages(transaction, runId);
    const change = {
      trigger: "resume",
      status: "queued",
      finished_at: null,
      exit_code: null,
      error: null,
      owner,
      job_id: null,
      cancel_requested: 0,
      heartbeat_at: new Date().toISOString(),
    };
    const run = await transaction.updateTable("runs").set(change).where("id", "=", runId).returningAll().executeTakeFirstOrThrow();
    return { kind: "queued", run };
  });
}

async function forgetLostPages(transaction: Write, runId: string): Promise<void> {
  const lost = await transaction.deleteFrom("run_failures").where("run_id", "=", runId).where("stage", "=", "page").returning("source").execute();
  for (const { source } of lost) {
    await transaction
      .updateTable("run_sources")
      .set(({ eb }) => ({ failed: eb("failed", "-", 1) }))
      .where("run_id", "=", runId)
      .where("source", "=", source)
      .execute();
  }
}

export async function activeRun(read: Pick<Write, "selectFrom">): Promise<RunRow | undefined> {
  return await read.selectFrom("runs").selectAll().where("status", "in", ACTIVE_STATUSES).executeTakeFirst();
}

/** The worker begins: false when nobody wants this run any more. */
export async function claimRun(database: Database, runId: string, jobId: string): Promise<RunRow | null> {
  return await database.write(async (transaction) => {
    const at = new Date().toISOString();
    const run = await transaction
      .updateTable("runs")
      .set({ status: "running", job_id: jobId, heartbeat_at: at })
      .where("id", "=", runId)
      .where("status", "=", "queued")
      .returningAll()
      .executeTakeFirst();
    if (run === undefined) return null;
    if (run.started_at === null) await transaction.updateTable("runs").set({ started_at: at }).where("id", "=", runId).execute();
    return run;
  });
}

export interface Output {
  readonly lines: string;
  /** How many lines came before. */
  readonly first_line: number;
}

const NO_OUTPUT: Output = { lines: "", first_line: 0 };

interface Ending {
  readonly runId: string;
  readonly end: WorkerEnd;
  /** The worker's last lines; null: what was written down while it ran. */
  readonly output: Output | null;
}

export interface Ended {
  readonly run: RunRow;
  readonly end: RunEnd;
  readonly sources: readonly SourceCounts[];
}

/** Writes status and log row, once: null when the run has an end already. */
export async function endRun(database: Database, { runId, end, output }: Ending): Promise<Ended | null> {
  return await database.write(async (transaction) => {
    const run = await transaction.selectFrom("runs").selectAll().where("id", "=", runId).where("status", "in", ACTIVE_STATUSES).executeTakeFirst();
    if (run === undefined) return null;
    const sources = await transaction.selectFrom("run_sources").selectAll().where("run_id", "=", runId).orderBy("source").execute();
    const decided = decideEnd(end, sources);
    const at = new Date().toISOString();
    const change = { status: decided.status, error: decided.error, exit_code: exitCodeOfRun(decided.status), finished_at: at, started_at: run.started_at ?? at };
    await transaction.updateTable("runs").set(change).where("id", "=", runId).execute();
    const kept = output ?? (await transaction.selectFrom("run_output").select(["lines", "first_line"]).where("run_id", "=", runId).executeTakeFirst()) ?? NO_OUTPUT;
    await transaction
      .insertInto("scraping_logs")
      .values({
        id: randomUUID(),
        run_id: runId,
        success: Number(decided.status === "success"),
        message: wordEnd(decided, sources),
        output: kept.lines,
        first_line: kept.first_line,
        error_details: decided.detail,
        scraped_at: at,
        created_at: at,
      })
      .execute();
    await transaction.deleteFrom("run_output").where("run_id", "=", runId).execute();
    await forgetFetched(transaction, runId, decided);
    return { run: { ...run, ...change }, end: decided, sources };
  });
}

/** What a run fetched is kept only while it can go on, and only of the newest few. */
async function forgetFetched(transaction: Write, runId: string, { status }: RunEnd): Promise<void> {
  if (!isResumable(status)) await transaction.deleteFrom("run_fetches").where("run_id", "=", runId).execute();
  const resumable = transaction.selectFrom("runs").select("id").where("status", "in", RESUMABLE_STATUSES).orderBy("requested_at", "desc").limit(RESUMABLE_KEPT);
  await transaction.deleteFrom("run_fetches").where("run_id", "not in", resumable).where("run_id", "<>", runId).execute();
}

const RESUMABLE_KEPT = 3;

/** Runs whose owner is gone end as interrupted. `own`: the owner that asks, which is not. */
export async function interruptOrphans(database: Database, own: string | null): Promise<readonly Ended[]> {
  const active = await activeRun(database.read);
  if (active === undefined || active.owner === own || !isOwnerGone(active.owner, active.heartbeat_at, Date.now())) return [];
  const ended = await endRun(database, { runId: active.id, end: { kind: "ended", cause: "lost", summary: "The process that ran it has died." }, output: null });
  return ended === null ? [] : [ended];
}

function wordEnd({ status, error }: RunEnd, sources: readonly SourceCounts[]): string {
  const total = (of: (each: SourceCounts) => number): number => sources.reduce((sum, each) => sum + of(each), 0);
  const counts = `${total((each) => each.processed)} processed, ${total(savedOf)} saved, ${total((each) => each.failed)} failed`;
  return `${status}: ${counts}${error === null ? "" : ` (${error})`}`;
}
