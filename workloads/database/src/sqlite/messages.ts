import type { PackedColumn, SqlValue } from "../packed-batch.ts";

/** One statement, or the rows of one insert. */
export type Statement =
  | { readonly kind: "query"; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly kind: "bulk"; readonly head: string; readonly tail: string; readonly columns: readonly PackedColumn[]; readonly count: number };

/** What the thread is asked. One question at a time is answered, in order. */
export type Question = { readonly id: number } & (
  | Statement
  /** All of them or none: BEGIN, the statements, COMMIT. */
  | { readonly kind: "transaction"; readonly statements: readonly Statement[] }
  | { readonly kind: "close" }
);

export type Answer =
  | { readonly kind: "rows"; readonly id: number; readonly rows: readonly object[]; readonly changes: number; readonly lastId: number }
  | { readonly kind: "failed"; readonly id: number; readonly failure: Failure };

/** An error of node:sqlite, in a form that crosses threads. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly errcode: number | null;
}

export interface ThreadData {
  readonly path: string;
  readonly role: "reader" | "writer";
  readonly busyMs: number;
}
