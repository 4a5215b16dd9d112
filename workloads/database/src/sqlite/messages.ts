import type { PackedColumn, SqlValue } from "../packed-batch.ts";

/** What the thread is asked. One question at a time is answered, in order. */
export type Question =
  | { readonly kind: "query"; readonly id: number; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly kind: "bulk"; readonly id: number; readonly head: string; readonly tail: string; readonly columns: readonly PackedColumn[]; readonly count: number }
  | { readonly kind: "close"; readonly id: number };

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
