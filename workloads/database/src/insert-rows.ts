import { PostgresAdapter, type Kysely, type Transaction } from "kysely";
import { insertColumns } from "./insert-columns.ts";
import { packColumns, type ColumnType, type RowConflict, type SqlValue } from "./packed-batch.ts";

/** Many rows of one shape. A key of an `update` occurs once in a batch. */
export interface RowBatch {
  readonly table: string;
  /** Names and types, in the order of the values. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly rows: readonly (readonly SqlValue[])[];
  /** @default an error of the class `constraint` */
  readonly conflict?: RowConflict;
}

/**
 * The same as `insertColumns`, for rows. Answers how many rows were inserted or changed.
 * @example
 * await insertRows(transaction, { table: "results", columns: { job_id: "bigint", name: "text" }, rows: [[1, "a"], [1, "b"]] });
 */
export async function insertRows<Tables>(transaction: Transaction<Tables> | Kysely<Tables>, { rows, columns, ...batch }: RowBatch): Promise<number> {
  if (rows.length === 0) return 0;
  const kind = transaction.getExecutor().adapter instanceof PostgresAdapter ? "postgres" : "sqlite";
  const byColumn = Object.fromEntries(Object.entries(columns).map(([name, type], index) => [name, { type, values: rows.map((row) => row[index] ?? null) }]));
  return await insertColumns(transaction, packColumns(kind, { ...batch, columns: byColumn, count: rows.length }));
}
