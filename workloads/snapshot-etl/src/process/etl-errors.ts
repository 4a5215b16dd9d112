import { insertRows } from "workload-database";
import type { Write } from "../database/open.ts";
import type { ErrorType } from "../errors.ts";
import type { BadRow } from "../mapping/items.ts";

export interface EtlErrorRow {
  /** Group of rows, such as "troops"; "snapshot" for the whole. */
  readonly entity: string;
  readonly type: ErrorType;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly permanent: boolean;
}

export function toEtlError(entity: string, bad: BadRow, type: ErrorType = "PARSE_ERROR"): EtlErrorRow {
  return { entity, type, message: bad.message, details: { id: bad.id, field: bad.field }, permanent: true };
}

/** Errors of one attempt at a snapshot; they stand or fall with the transaction of the rows they are about. */
export async function writeEtlErrors(
  transaction: Write,
  about: { readonly snapshotId: number; readonly attempt: number; readonly now: string },
  errors: readonly EtlErrorRow[],
): Promise<void> {
  await insertRows(transaction, {
    table: "etl_errors",
    columns: { snapshot_id: "bigint", attempt: "integer", entity: "text", error_type: "text", message: "text", details: "text", permanent: "integer", created_at: "text" },
    rows: errors.map((error) => [about.snapshotId, about.attempt, error.entity, error.type, error.message, JSON.stringify(error.details), Number(error.permanent), about.now]),
  });
}
