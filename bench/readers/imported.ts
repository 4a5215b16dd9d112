import { DatabaseSync } from "node:sqlite";
import type { ReportFacts } from "../../workloads/test-results/src/generate/index.ts";

/** An import that lost a row is no import. */
export function assertImported(databasePath: string, job: string, facts: ReportFacts): void {
  const database = new DatabaseSync(databasePath, { readOnly: true });
  const row = database
    .prepare(
      `SELECT j.import_state AS state, count(*) AS cases, count(*) FILTER (WHERE r.status = 'PASSED') AS passed, count(*) FILTER (WHERE r.status = 'FAILED') AS failed,
         count(*) FILTER (WHERE r.status = 'SKIPPED') AS skipped FROM jobs j JOIN test_results r ON r.job_id = j.id WHERE j.job_id = ?`,
    )
    .get(job);
  database.close();
  const same = row?.["cases"] === facts.cases && row["passed"] === facts.passed && row["failed"] === facts.failed && row["skipped"] === facts.skipped;
  if (!same || row["state"] !== "complete") throw new Error(`the database says ${JSON.stringify(row)}, the report has ${JSON.stringify(facts)}`);
}
