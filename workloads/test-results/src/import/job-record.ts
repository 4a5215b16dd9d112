import type { Selectable } from "kysely";
import type { Queries, Tables, Write } from "../database/database.ts";
import type { ImportOutcome, ImportRequest, ImportState } from "./request.ts";

/** A job's row, as far as imports need it. */
export interface JobRecord {
  readonly key: number;
  readonly releaseKey: number;
  readonly state: ImportState;
  readonly executedAt: string | null;
  readonly inputDigest: string | null;
  readonly listingDigest: string | null;
  readonly progressKey: string | null;
  readonly rowsWritten: number;
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly passRate: number;
  readonly unmatchedJunit: number;
}

export type JobName = Pick<ImportRequest, "release" | "module" | "job">;

export async function findJob(queries: Queries, { release, module, job }: JobName): Promise<JobRecord | null> {
  const row = await queries
    .selectFrom("jobs as j")
    .innerJoin("modules as m", "m.id", "j.module_id")
    .innerJoin("releases as r", "r.id", "m.release_id")
    .selectAll("j")
    .select("r.id as release_key")
    .where("r.name", "=", release)
    .where("m.name", "=", module)
    .where("j.job_id", "=", job)
    .executeTakeFirst();
  return row === undefined ? null : decodeJob(row);
}

function decodeJob(row: Selectable<Tables["jobs"]> & { readonly release_key: number }): JobRecord {
  const { id, import_state: state, total, passed, failed, skipped } = row;
  return {
    key: id,
    releaseKey: row.release_key,
    state,
    executedAt: row.executed_at,
    inputDigest: row.input_digest,
    listingDigest: row.listing_digest,
    progressKey: row.progress_key,
    rowsWritten: row.rows_written,
    total,
    passed,
    failed,
    skipped,
    passRate: row.pass_rate,
    unmatchedJunit: row.unmatched_junit,
  };
}

/** Makes sure that release, module and job are there; a new job is `pending`. */
export async function ensureJob(transaction: Write, request: JobName & { readonly now: string }): Promise<JobRecord> {
  const known = await findJob(transaction, request);
  if (known !== null) return known;
  const { release, module, job, now } = request;
  const releaseKey = await ensureRelease(transaction, release);
  await transaction
    .insertInto("modules")
    .values({ release_id: releaseKey, name: module })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { id: moduleKey } = await transaction.selectFrom("modules").select("id").where("release_id", "=", releaseKey).where("name", "=", module).executeTakeFirstOrThrow();
  await transaction
    .insertInto("jobs")
    .values({ module_id: moduleKey, job_id: job, created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const record = await findJob(transaction, request);
  if (record === null) throw new Error(`the job ${release}/${module}/${job} was not stored`);
  return record;
}

export async function ensureRelease(transaction: Write, name: string): Promise<number> {
  await transaction
    .insertInto("releases")
    .values({ name })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await transaction.selectFrom("releases").select("id").where("name", "=", name).executeTakeFirstOrThrow()).id;
}

/** The rule: complete, executed at the same second, and the same input. */
export function isUnchanged(job: JobRecord, executedAt: string | null, digest: { readonly input?: string; readonly listing?: string }): boolean {
  const sameInput = digest.input === undefined ? digest.listing !== undefined && job.listingDigest === digest.listing : job.inputDigest === digest.input;
  return job.state === "complete" && toSecond(job.executedAt) === toSecond(executedAt) && sameInput;
}

export function toSecond(time: string | null): string | null {
  return time === null ? null : time.slice(0, 19);
}

export function skippedOutcome(job: JobRecord): ImportOutcome {
  const { key, state, total, passed, failed, skipped, passRate, unmatchedJunit } = job;
  return { jobKey: key, outcome: "skipped", state, total, passed, failed, skipped, passRate, parsed: 0, stepSeconds: {}, unmatchedJunit, ignoredLines: 0, problems: [] };
}

/** Two decimals; 0 for no tests. */
export function passRateOf(passed: number, total: number): number {
  return total === 0 ? 0 : Math.round((passed / total) * 10_000) / 100;
}
