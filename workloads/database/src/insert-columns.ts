import { CompiledQuery, type Kysely, type Transaction } from "kysely";
import type { ColumnType, PackedBatch, RowConflict } from "./packed-batch.ts";
import { createBulkQuery } from "./sqlite/bulk-query.ts";

/**
 * Inserts any number of rows, the fastest way that each database has: prepared statements of many rows on SQLite, one statement over arrays on PostgreSQL.
 * A column with only one value is bound once for many rows. Answers how many rows were inserted or changed.
 * @example
 * const packed = packColumns(database.kind, { table: "results", count: 2, columns: { name: { type: "text", values: ["a", "b"] } } });
 * await database.write((transaction) => insertColumns(transaction, packed));
 */
export async function insertColumns<Tables>(transaction: Transaction<Tables> | Kysely<Tables>, batch: PackedBatch): Promise<number> {
  if (batch.count === 0) return 0;
  const { numAffectedRows } = await transaction.executeQuery(compileColumns(batch));
  return Number(numAffectedRows ?? 0);
}

/** Of at least one row. */
export function compileColumns(batch: PackedBatch): CompiledQuery {
  return batch.kind === "postgres" ? arrayQuery(batch) : createBulkQuery(insertHead(batch), conflictTail(batch.conflict), batch);
}

const ARRAY_TYPES: Readonly<Record<ColumnType, string>> = { text: "text", integer: "integer", bigint: "bigint", real: "double precision", bytes: "bytea", json: "jsonb" };

function arrayQuery(batch: Extract<PackedBatch, { readonly kind: "postgres" }>): CompiledQuery {
  const arrays: string[] = [];
  const parameters: unknown[] = [];
  const selected = batch.columns.map((column, index) => {
    const type = ARRAY_TYPES[batch.types[index] ?? "text"];
    parameters.push(column.form === "same" ? column.value : column.values);
    if (column.form === "same") return `$${parameters.length}::${type}`;
    arrays.push(`$${parameters.length}::${type}[]`);
    return `u.v${arrays.length}`;
  });
  const rows = `unnest(${arrays.join(", ")}) AS u(${arrays.map((_, index) => `v${index + 1}`).join(", ")})`;
  return CompiledQuery.raw(`${insertHead(batch)} SELECT ${selected.join(", ")} FROM ${rows}${conflictTail(batch.conflict)}`, parameters);
}

function insertHead({ table, names }: PackedBatch): string {
  return `INSERT INTO ${quote(table)} (${names.map(quote).join(", ")})`;
}

function conflictTail(conflict: RowConflict | null): string {
  if (conflict === null) return "";
  if (conflict.kind === "ignore") return " ON CONFLICT DO NOTHING";
  const changes = conflict.update.map((column) => `${quote(column)} = excluded.${quote(column)}`).join(", ");
  return ` ON CONFLICT (${conflict.key.map(quote).join(", ")}) DO UPDATE SET ${changes}${conflict.where === undefined ? "" : ` WHERE ${conflict.where}`}`;
}

/** Names come from code, never from input. */
function quote(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new TypeError(`${name} is not the name of a column or table`);
  return `"${name}"`;
}
