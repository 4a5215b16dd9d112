import { CompiledQuery } from "kysely";

/** A query that carries a whole transaction; only this layer's own driver understands it. */
export interface TransactionQuery extends CompiledQuery {
  readonly statements: readonly CompiledQuery[];
}

export function createTransactionQuery(statements: readonly CompiledQuery[]): TransactionQuery {
  return { ...CompiledQuery.raw("BEGIN … COMMIT"), statements };
}

export function isTransactionQuery(query: CompiledQuery): query is TransactionQuery {
  return "statements" in query;
}
