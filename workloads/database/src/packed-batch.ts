import type { DatabaseKind } from "./database.ts";

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

interface ManyValues {
  readonly values: readonly SqlValue[];
}

/** The same in all rows. */
interface OneValue {
  readonly value: SqlValue;
}

/** Many rows of one shape, column by column. A key of an `update` occurs once in a batch. */
export interface ColumnBatch {
  readonly table: string;
  readonly columns: Readonly<Record<string, { readonly type: ColumnType } & (ManyValues | OneValue)>>;
  /** How many rows: as many as each column of many values has. */
  readonly count: number;
  /** @default an error of the class `constraint` */
  readonly conflict?: RowConflict;
}

/** The values of one column, as they travel to a thread: a few large things instead of many small ones. */
export type PackedColumn =
  | { readonly form: "same"; readonly value: SqlValue }
  /** All texts one behind the other, and how long each is; NULL_TEXT and SAME_TEXT instead of a length where there is none. */
  | { readonly form: "texts"; readonly text: string; readonly lengths: Int32Array }
  /** NaN stands for null, as it does for SQLite. */
  | { readonly form: "numbers"; readonly values: Float64Array }
  | { readonly form: "values"; readonly values: readonly SqlValue[] };

export type PlainColumn = Extract<PackedColumn, { readonly form: "same" | "values" }>;

/** Rows in the form in which they travel to the database. Plain data; may be inserted any number of times. */
export type PackedBatch = {
  readonly table: string;
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
  readonly count: number;
  readonly conflict: RowConflict | null;
} & ({ readonly kind: "sqlite"; readonly columns: readonly PackedColumn[] } | { readonly kind: "postgres"; readonly columns: readonly PlainColumn[] });

export const NULL_TEXT = -1;
/** The same text as the row before: neighbours often share most of their columns. */
export const SAME_TEXT = -2;

/** Below this number of rows nobody looks whether a column has only one value: every such set of columns is a statement of its own. */
const ROWS_FOR_SAME = 100;

/** Does the work that needs no transaction: while one batch is being written, the next one can be packed. */
export function packColumns(kind: DatabaseKind, { table, columns, count, conflict }: ColumnBatch): PackedBatch {
  const each = Object.values(columns);
  if (each.some((column) => "values" in column && column.values.length !== count)) throw new RangeError(`${table}: not every column has ${count} values`);
  const isSame = each.map((column) => count >= ROWS_FOR_SAME && isUniform(column));
  // Something has to say how many rows there are.
  if (isSame.every(Boolean)) isSame[0] = false;
  const plain = each.map((column, index): PlainColumn => (isSame[index] === true ? { form: "same", value: firstOf(column) } : { form: "values", values: valuesOf(column, count) }));
  const shared = { table, names: Object.keys(columns), types: each.map(({ type }) => type), count, conflict: conflict ?? null };
  if (kind === "postgres") return { ...shared, kind, columns: plain };
  return { ...shared, kind, columns: plain.map((column, index) => (column.form === "same" ? column : packValues(each[index]?.type ?? "text", column.values))) };
}

function isUniform(column: ManyValues | OneValue): boolean {
  const first = firstOf(column);
  if (first instanceof Uint8Array) return false;
  return "value" in column || column.values.every((value) => value === first);
}

function firstOf(column: ManyValues | OneValue): SqlValue {
  return "value" in column ? column.value : (column.values[0] ?? null);
}

function valuesOf(column: ManyValues | OneValue, count: number): readonly SqlValue[] {
  return "value" in column ? Array.from({ length: count }, () => column.value) : column.values;
}

function packValues(type: ColumnType, values: readonly SqlValue[]): PackedColumn {
  if (type === "text" || type === "json") return packTexts(values);
  return type === "bytes" ? { form: "values", values } : packNumbers(values);
}

function packTexts(values: readonly SqlValue[]): PackedColumn {
  const lengths = new Int32Array(values.length);
  const parts: string[] = [];
  let before: string | null = null;
  for (const [index, value] of values.entries()) {
    if (value === null) lengths[index] = NULL_TEXT;
    else if (typeof value !== "string") return { form: "values", values };
    else if (value === before) lengths[index] = SAME_TEXT;
    else {
      lengths[index] = value.length;
      parts.push(value);
      before = value;
    }
  }
  return { form: "texts", text: parts.join(""), lengths };
}

function packNumbers(values: readonly SqlValue[]): PackedColumn {
  const numbers = new Float64Array(values.length);
  for (const [index, value] of values.entries()) {
    if (value !== null && typeof value !== "number") return { form: "values", values };
    numbers[index] = value ?? Number.NaN;
  }
  return { form: "numbers", values: numbers };
}

/** Gives the values again, one per call, in order: nothing is made before it is needed. */
export function readColumn(column: Exclude<PackedColumn, { readonly form: "same" }>): () => SqlValue {
  if (column.form === "texts") return readTexts(column);
  const { values } = column;
  let index = -1;
  return () => values[(index += 1)] ?? null;
}

function readTexts({ text, lengths }: Extract<PackedColumn, { readonly form: "texts" }>): () => string | null {
  let index = -1;
  let at = 0;
  let before: string | null = null;
  return () => {
    const length = lengths[(index += 1)] ?? NULL_TEXT;
    if (length === NULL_TEXT) return null;
    if (length === SAME_TEXT) return before;
    before = text.slice(at, at + length);
    at += length;
    return before;
  };
}
