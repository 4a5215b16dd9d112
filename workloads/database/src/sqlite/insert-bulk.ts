import type { StatementSync } from "node:sqlite";
import { readColumn, type SqlValue } from "../packed-batch.ts";
import type { Statement } from "./messages.ts";

type Bulk = Extract<Statement, { readonly kind: "bulk" }>;

/** Values of one statement: many rows per step, and far below SQLite's limit of 32,766. */
const VALUES_MAX = 2_000;
const ROWS_MAX = 250;
/** What does not fill a statement goes in smaller ones: few sizes, so that statements are prepared once. */
const SMALLER_SIZES = [50, 10, 1];

/**
 * What is the same in every row stands in the SELECT and is bound once for a statement; the rest are rows of VALUES.
 * Parameters stay without numbers: SQLite looks numbered ones up one by one, which is slow for thousands.
 */
export function insertBulk(statement: (sql: string) => StatementSync, { head, tail, columns, count }: Bulk): number {
  const shared: SqlValue[] = [];
  const varying: (() => SqlValue)[] = [];
  const selected = columns.map((column) => {
    if (column.form === "same") {
      shared.push(column.value);
      return "?";
    }
    varying.push(readColumn(column));
    return `column${varying.length}`;
  });
  const places = `(${varying.map(() => "?").join(",")})`;
  const inserts = new Map<number, StatementSync>();
  const insertOf = (rows: number): StatementSync => {
    const known = inserts.get(rows);
    if (known !== undefined) return known;
    const made = statement(`${head} SELECT ${selected.join(",")} FROM (VALUES ${Array.from({ length: rows }, () => places).join(",")}) WHERE true${tail}`);
    inserts.set(rows, made);
    return made;
  };
  const sizes = [Math.max(1, Math.min(ROWS_MAX, Math.floor(VALUES_MAX / varying.length))), ...SMALLER_SIZES];
  let changes = 0;
  for (let at = 0; at < count;) {
    const rows = sizes.find((size) => size <= count - at) ?? 1;
    const parameters = [...shared];
    for (let row = 0; row < rows; row += 1) for (const next of varying) parameters.push(next());
    changes += Number(insertOf(rows).run(...parameters).changes);
    at += rows;
  }
  return changes;
}
