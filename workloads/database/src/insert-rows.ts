import { CompiledQuery, PostgresAdapter, type Kysely, type Transaction } from "kysely";
import { createBulkQuery } from "./sqlite/bulk-query.ts";

export type SqlValue = string | number | bigint | null | Uint8Array;

export type ColumnType = "text" | "integer" | "bigint" | "real" | "bytes" | "json";

export type RowConflict =
  /** A row whose key is there already is left out. */
  | { readonly kind: "ignore" }
  | {
      readonly kind: "update";
      /** The columns of the unique key. */
      readonly key: readonly string[];
      /** Columns that take the new value. */
      readonly update: readonly string[];
      /** Only when this holds: SQL over the table's columns and `excluded`'s, e.g. `snapshots.version < excluded.version`. */
      readonly where?: string;
    };

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
 * Inserts any number of rows, the fastest way that each database has: prepared statements of many rows on SQLite, one statement over arrays on PostgreSQL.
 * Nothing is built per value, so a million rows cost what the database costs. Answers how many rows were inserted or changed.
 * @example
 * await insertRows(transaction, { table: "results", columns: { job_id: "bigint", name: "text" }, rows: [[1, "a"], [1, "b"]] });
 */
export async function insertRows<Tables>(transaction: Transaction<Tables> | Kysely<Tables>, batch: RowBatch): Promise<number> {
  if (batch.rows.length === 0) return 0;
  const query = transaction.getExecutor().adapter instanceof PostgresAdapter ? arrayQuery(batch) : createBulkQuery(insertHead(batch), conflictTail(batch), batch);
  const { numAffectedRows } = await transaction.executeQuery(query);
  return Number(numAffectedRows ?? 0);
}

const ARRAY_TYPES: Readonly<Record<ColumnType, string>> = { text: "text", integer: "integer", bigint: "bigint", real: "double precision", bytes: "bytea", json: "jsonb" };

function arrayQuery(batch: RowBatch): CompiledQuery {
  const types = Object.values(batch.columns);
  const parameters = types.map((_, column) => batch.rows.map((row) => row[column] ?? null));
  const arrays = types.map((type, column) => `$${column + 1}::${ARRAY_TYPES[type]}[]`).join(", ");
  return CompiledQuery.raw(`${insertHead(batch)} SELECT * FROM unnest(${arrays})${conflictTail(batch)}`, parameters);
}

function insertHead({ table, columns }: RowBatch): string {
  return `INSERT INTO ${quote(table)} (${Object.keys(columns).map(quote).join(", ")})`;
}

function conflictTail({ conflict }: RowBatch): string {
  if (conflict === undefined) return "";
  if (conflict.kind === "ignore") return " ON CONFLICT DO NOTHING";
  const changes = conflict.update.map((column) => `${quote(column)} = excluded.${quote(column)}`).join(", ");
  return ` ON CONFLICT (${conflict.key.map(quote).join(", ")}) DO UPDATE SET ${changes}${conflict.where === undefined ? "" : ` WHERE ${conflict.where}`}`;
}

/** Names come from code, never from input. */
function quote(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new TypeError(`${name} is not the name of a column or table`);
  return `"${name}"`;
}
