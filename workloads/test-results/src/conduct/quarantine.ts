import { numberOf, textOf, textOrNull } from "../database/columns.ts";
import type { Database } from "../database/database.ts";

export interface QuarantineEntry {
  readonly key: number;
  readonly release: string;
  readonly module: string;
  readonly job: string;
  readonly reason: string;
  readonly at: string;
  readonly request: string;
  readonly runtimeJobId: string | null;
}

export function listQuarantine(database: Database): QuarantineEntry[] {
  const rows = database.all(
    `SELECT q.*, r.name AS release, m.name AS module, j.job_id AS job FROM quarantine q
     JOIN jobs j ON j.id = q.job_id JOIN modules m ON m.id = j.module_id JOIN releases r ON r.id = m.release_id ORDER BY q.at, q.job_id`,
  );
  return rows.map((row) => ({
    key: numberOf(row, "job_id"),
    release: textOf(row, "release"),
    module: textOf(row, "module"),
    job: textOf(row, "job"),
    reason: textOf(row, "reason"),
    at: textOf(row, "at"),
    request: textOf(row, "request"),
    runtimeJobId: textOrNull(row, "runtime_job_id"),
  }));
}

/** By its number, or by `release/module/job`. */
export function findQuarantined(database: Database, name: string): QuarantineEntry | null {
  return listQuarantine(database).find((entry) => String(entry.key) === name || `${entry.release}/${entry.module}/${entry.job}` === name) ?? null;
}

/** Lets the job be imported again: it is `pending` from now on. */
export async function releaseQuarantined(database: Database, entry: QuarantineEntry): Promise<void> {
  await database.write((writer) => {
    writer.run("DELETE FROM quarantine WHERE job_id = :job", { job: entry.key });
    writer.run("UPDATE jobs SET import_state = 'pending', cause = NULL WHERE id = :job", { job: entry.key });
  });
}
