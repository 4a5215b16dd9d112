import type { Database, Row, Writer } from "../database/database.ts";
import { numberOf, textOf, textOrNull } from "../database/columns.ts";
import type { ImportOutcome, ImportRequest, ImportState } from "./request.ts";

/** A job's row, as far as imports need it. */
export interface JobRecord {
  readonly key: number;
  readonly state: ImportState;
  readonly executedAt: string | null;
  readonly inputDigest: string | null;
  readonly listingDigest: string | null;
  readonly progressKey: string | null;
  readonly rowsWritten: number;
  readonly emptyTimes: number;
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly passRate: number;
  readonly unmatchedJunit: number;
}

const JOB = `
SELECT j.* FROM jobs j JOIN modules m ON m.id = j.module_id JOIN releases r ON r.id = m.release_id
WHERE r.name = :release AND m.name = :module AND j.job_id = :job`;

type JobName = Pick<ImportRequest, "release" | "module" | "job">;

export function findJob(database: Pick<Database, "get">, { release, module, job }: JobName): JobRecord | null {
  const row = database.get(JOB, { release, module, job });
  return row === undefined ? null : decodeJob(row);
}

function decodeJob(row: Row): JobRecord {
  return {
    key: numberOf(row, "id"),
    state: decodeState(textOf(row, "import_state")),
    executedAt: textOrNull(row, "executed_at"),
    inputDigest: textOrNull(row, "input_digest"),
    listingDigest: textOrNull(row, "listing_digest"),
    progressKey: textOrNull(row, "progress_key"),
    rowsWritten: numberOf(row, "rows_written"),
    emptyTimes: numberOf(row, "empty_times"),
    total: numberOf(row, "total"),
    passed: numberOf(row, "passed"),
    failed: numberOf(row, "failed"),
    skipped: numberOf(row, "skipped"),
    passRate: numberOf(row, "pass_rate"),
    unmatchedJunit: numberOf(row, "unmatched_junit"),
  };
}

const STATES = ["pending", "importing", "complete", "partial", "empty", "quarantined", "failed"] as const;

export function decodeState(written: string): ImportState {
  const state = STATES.find((each) => each === written);
  if (state === undefined) throw new TypeError(`import_state ${JSON.stringify(written)} is unknown`);
  return state;
}

/** Makes sure that release, module and job are there; a new job is `pending`. */
export function ensureJob(writer: Writer, request: JobName & { readonly now: string; readonly releaseUrl?: string | null }): JobRecord {
  const { release, module, job, now } = request;
  writer.run(
    "INSERT INTO releases (name, jenkins_job_url) VALUES (:release, :url) ON CONFLICT (name) DO UPDATE SET jenkins_job_url = coalesce(excluded.jenkins_job_url, jenkins_job_url)",
    {
      release,
      url: request.releaseUrl ?? null,
    },
  );
  writer.run("INSERT INTO modules (release_id, name) SELECT id, :module FROM releases WHERE name = :release ON CONFLICT DO NOTHING", { release, module });
  writer.run(
    "INSERT INTO jobs (module_id, job_id, created_at) SELECT m.id, :job, :now FROM modules m JOIN releases r ON r.id = m.release_id WHERE r.name = :release AND m.name = :module ON CONFLICT DO NOTHING",
    { release, module, job, now },
  );
  const record = findJob(writer, request);
  if (record === null) throw new Error(`the job ${release}/${module}/${job} was not stored`);
  return record;
}

/** The rule: complete, executed at the same second, and the same input. */
export function isUnchanged(job: JobRecord, executedAt: string | null, digest: { readonly input?: string; readonly listing?: string }): boolean {
  const sameInput = digest.input === undefined ? digest.listing !== undefined && job.listingDigest === digest.listing : job.inputDigest === digest.input;
  return job.state === "complete" && toSecond(job.executedAt) === toSecond(executedAt) && sameInput;
}

function toSecond(time: string | null): string | null {
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
