import type { Database, Queries } from "../database/database.ts";

export interface QuarantineEntry {
  readonly key: number;
  readonly release: string;
  readonly module: string;
  readonly job: string;
  readonly reason: string;
  readonly at: string;
  readonly request: string;
  /** What the input was, when it is the input that is bad: another input is let in without anybody's leave. Null: its importer died. */
  readonly inputKey: string | null;
}

export async function listQuarantine(queries: Queries): Promise<QuarantineEntry[]> {
  const rows = await queries
    .selectFrom("quarantine as q")
    .innerJoin("jobs as j", "j.id", "q.job_id")
    .innerJoin("modules as m", "m.id", "j.module_id")
    .innerJoin("releases as r", "r.id", "m.release_id")
    .selectAll("q")
    .select(["r.name as release", "m.name as module", "j.job_id as job"])
    .orderBy("q.at")
    .orderBy("q.job_id")
    .execute();
  return rows.map((row) => ({
    key: row.job_id,
    release: row.release,
    module: row.module,
    job: row.job,
    reason: row.reason,
    at: row.at,
    request: row.request,
    inputKey: row.input_key,
  }));
}

export async function countQuarantine(queries: Queries): Promise<number> {
  const { count } = await queries
    .selectFrom("quarantine")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

/** By its number, or by `release/module/job`. */
export async function findQuarantined(queries: Queries, name: string): Promise<QuarantineEntry | null> {
  return (await listQuarantine(queries)).find((entry) => String(entry.key) === name || `${entry.release}/${entry.module}/${entry.job}` === name) ?? null;
}

/** Whether the job waits there, and not only for another input than this one. */
export async function isHeld(queries: Queries, jobKey: number, inputKey: string): Promise<boolean> {
  const entry = await queries.selectFrom("quarantine").select("input_key").where("job_id", "=", jobKey).executeTakeFirst();
  return entry !== undefined && (entry.input_key === null || entry.input_key === inputKey);
}

export interface Quarantining {
  readonly jobKey: number;
  readonly reason: string;
  readonly cause: string;
  readonly at: string;
  readonly request: string;
  readonly inputKey: string | null;
}

export async function putIntoQuarantine(database: Database, { jobKey, reason, cause, at, request, inputKey }: Quarantining): Promise<void> {
  const entry = { reason, at, request, input_key: inputKey };
  await database.write(async (transaction) => {
    await transaction
      .insertInto("quarantine")
      .values({ job_id: jobKey, ...entry })
      .onConflict((conflict) => conflict.column("job_id").doUpdateSet(entry))
      .execute();
    await transaction.updateTable("jobs").set({ import_state: "quarantined", cause }).where("id", "=", jobKey).execute();
  });
}

/** Lets the job be imported again: it is `pending` from now on. */
export async function releaseQuarantined(database: Database, jobKey: number): Promise<void> {
  await database.write(async (transaction) => {
    await transaction.deleteFrom("quarantine").where("job_id", "=", jobKey).execute();
    await transaction.updateTable("jobs").set({ import_state: "pending", cause: null }).where("id", "=", jobKey).execute();
  });
}
