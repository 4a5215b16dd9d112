import { classifyDatabaseError } from "workload-database";
import { toTime } from "../clock.ts";
import type { Write } from "../database/open.ts";
import { messageOf, type ErrorType } from "../errors.ts";
import { assertClaim } from "./claim.ts";
import { writeEtlErrors, type EtlErrorRow } from "./etl-errors.ts";
import type { Run } from "./run.ts";

/** One transaction's worth of one group. */
export interface Batch<Row> {
  readonly entity: string;
  readonly rows: readonly Row[];
  /** Errors that were found before: written with the rows. */
  readonly errors: readonly EtlErrorRow[];
  idOf(row: Row): string;
  /** Answers how many rows were put in or changed. */
  write(transaction: Write, rows: readonly Row[]): Promise<number>;
}

/**
 * Writes the batch in one transaction. When the database refuses its rows, it is rolled back and replayed row by row: what is refused again goes to etl_errors, the rest is kept.
 * @throws any other error of the database: it says nothing about these rows, and ends the run.
 */
export async function writeBatch<Row>(run: Run, batch: Batch<Row>): Promise<void> {
  if (batch.rows.length === 0 && batch.errors.length === 0) return;
  run.signal.throwIfAborted();
  try {
    await commit(run, batch);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await commit(run, { ...batch, rows: [] });
    for (const row of batch.rows) await replay(run, batch, row);
  }
  run.progress(batch.entity);
}

async function replay<Row>(run: Run, batch: Batch<Row>, row: Row): Promise<void> {
  try {
    await commit(run, { ...batch, rows: [row], errors: [] });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await commit(run, { ...batch, rows: [], errors: [describeRefusal(batch.entity, batch.idOf(row), error)] });
  }
  run.progress(batch.entity);
}

async function commit<Row>(run: Run, batch: Batch<Row>): Promise<void> {
  const { claim, tally } = run;
  const written = await run.database.write(
    async (transaction) => {
      await assertClaim(transaction, claim);
      if (batch.errors.length > 0) await writeEtlErrors(transaction, { snapshotId: claim.snapshotId, attempt: claim.attempt, now: toTime(run.clock.nowMs()) }, batch.errors);
      return batch.rows.length === 0 ? 0 : await batch.write(transaction, batch.rows);
    },
    { waiting: () => run.progress(`${batch.entity}: waiting for the database`) },
  );
  tally.upserts[batch.entity] = (tally.upserts[batch.entity] ?? 0) + written;
  tally.errors += batch.errors.length;
  if (batch.rows.length > 0) tally.batches.push(batch.rows.length);
}

/** The database says no to these rows, and would say it again. */
function isRefusal(error: unknown): boolean {
  return classifyDatabaseError(error) === "constraint";
}

function describeRefusal(entity: string, id: string, error: unknown): EtlErrorRow {
  return { entity, type: typeOf(error), message: `${id}: ${messageOf(error)}`, details: { id, field: null }, permanent: true };
}

/** 23503 is PostgreSQL's foreign key violation, 787 SQLite's. */
function typeOf(error: unknown): ErrorType {
  if (!(error instanceof Error)) return "DB_ERROR";
  const code = "code" in error ? error.code : null;
  const number = "errcode" in error ? error.errcode : null;
  return code === "23503" || number === 787 ? "FK_VIOLATION" : "DB_ERROR";
}
