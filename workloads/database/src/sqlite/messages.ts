import type { SqlValue } from "../insert-rows.ts";

/** What the thread is asked. One question at a time is answered, in order. */
export type Question =
  | { readonly kind: "query"; readonly id: number; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly kind: "bulk"; readonly id: number; readonly head: string; readonly tail: string; readonly width: number; readonly rows: BulkRows }
  | { readonly kind: "close"; readonly id: number };

/** As one JSON text where the values allow it: that crosses threads in a third of the time of so many values one by one. */
export type BulkRows = { readonly form: "json"; readonly text: string } | { readonly form: "values"; readonly values: readonly (readonly SqlValue[])[] };

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
