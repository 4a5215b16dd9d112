import { CompiledQuery } from "kysely";
import type { RowBatch } from "../insert-rows.ts";
import type { BulkRows } from "./messages.ts";

/** A query that carries rows instead of parameters; only this layer's own driver understands it. */
export interface BulkQuery extends CompiledQuery {
  readonly bulk: { readonly head: string; readonly tail: string; readonly width: number; readonly rows: BulkRows };
}

export function createBulkQuery(head: string, tail: string, batch: RowBatch): BulkQuery {
  return { ...CompiledQuery.raw(`${head} VALUES …${tail}`), bulk: { head, tail, width: Object.keys(batch.columns).length, rows: packRows(batch) } };
}

export function isBulkQuery(query: CompiledQuery): query is BulkQuery {
  return "bulk" in query;
}

/** JSON knows neither bytes nor integers beyond 2^53 nor infinity; rows that may hold them go as they are. */
function packRows({ columns, rows }: RowBatch): BulkRows {
  const types = Object.values(columns);
  const reals = types.flatMap((type, index) => (type === "real" ? [index] : []));
  const isPlain =
    !types.includes("bytes") && rows.every((row) => reals.every((index) => row[index] === null || Number.isFinite(row[index])) && !row.some((value) => typeof value === "bigint"));
  return isPlain ? { form: "json", text: JSON.stringify(rows) } : { form: "values", values: rows };
}
