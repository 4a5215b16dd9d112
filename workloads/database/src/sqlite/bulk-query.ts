import { CompiledQuery } from "kysely";
import type { PackedBatch, PackedColumn } from "../packed-batch.ts";

/** A query that carries rows instead of parameters; only this layer's own driver understands it. */
export interface BulkQuery extends CompiledQuery {
  readonly bulk: { readonly head: string; readonly tail: string; readonly columns: readonly PackedColumn[]; readonly count: number };
}

export function createBulkQuery(head: string, tail: string, { columns, count }: Extract<PackedBatch, { readonly kind: "sqlite" }>): BulkQuery {
  return { ...CompiledQuery.raw(`${head} …${tail}`), bulk: { head, tail, columns, count } };
}

export function isBulkQuery(query: CompiledQuery): query is BulkQuery {
  return "bulk" in query;
}
