import { CompiledQuery } from "kysely";
import type { RowBatch } from "../insert-rows.ts";

/** A query that carries rows instead of parameters; only this layer's own driver understands it. */
export interface BulkQuery extends CompiledQuery {
  readonly bulk: { readonly head: string; readonly tail: string; readonly width: number; readonly rows: RowBatch["rows"] };
}

export function createBulkQuery(head: string, tail: string, { columns, rows }: RowBatch): BulkQuery {
  return { ...CompiledQuery.raw(`${head} VALUES …${tail}`), bulk: { head, tail, width: Object.keys(columns).length, rows } };
}

export function isBulkQuery(query: CompiledQuery): query is BulkQuery {
  return "bulk" in query;
}
