/**
 * What is wrong with a document.
 * - `malformed`: it breaks a rule of XML. `truncated`: it ends before its root element does (also: it is empty).
 * - `invalid_bytes`: bytes that do not belong to its encoding. `encoding_conflict`: the declaration says another encoding than the bytes.
 *   `unsupported_encoding`: none of UTF-8, UTF-16, ISO-8859-1, windows-1252, US-ASCII.
 * - `entity_declaration`: it declares entities of its own; they are never expanded.
 * - `too_deep`, `too_many_attributes`, `token_too_long`, `too_large`: above a limit of the caller.
 */
export type ReaderErrorCode =
  | "malformed"
  | "truncated"
  | "invalid_bytes"
  | "encoding_conflict"
  | "unsupported_encoding"
  | "entity_declaration"
  | "too_deep"
  | "too_many_attributes"
  | "token_too_long"
  | "too_large";

export interface ReaderErrorPlace {
  /** 1 for the first line. */
  readonly line: number;
  /** 0 for the first character of a line, counted in Unicode characters. */
  readonly column: number;
  /** Offset from the start of the document, byte order mark included. */
  readonly byte: number;
  /** Local names of the open elements, e.g. `/testsuites/testsuite`. */
  readonly path: string;
}

/** The one error of the readers. Errors of the source and of the caller's own handlers pass through unchanged. */
export class ReaderError extends Error implements ReaderErrorPlace {
  override readonly name = "ReaderError";
  readonly code: ReaderErrorCode;
  readonly line: number;
  readonly column: number;
  readonly byte: number;
  readonly path: string;

  constructor(code: ReaderErrorCode, detail: string, place: ReaderErrorPlace) {
    super(`${detail} (line ${place.line}, column ${place.column}, byte ${place.byte}${place.path === "" ? "" : `, in ${place.path}`})`);
    this.code = code;
    this.line = place.line;
    this.column = place.column;
    this.byte = place.byte;
    this.path = place.path;
  }
}
