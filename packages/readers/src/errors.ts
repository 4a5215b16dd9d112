/**
 * What is wrong with a document, or with where it should come from.
 * - `malformed`: it breaks a rule of its format. `truncated`: it ends before it is complete. `empty`: there is nothing in it.
 * - `invalid_bytes`: bytes that do not belong to its encoding. `encoding_conflict`: the declaration says another encoding than the bytes.
 *   `unsupported_encoding`: an encoding that the reader does not know.
 * - `entity_declaration`: it declares entities of its own; they are never expanded.
 * - `duplicate_key`: an object names the same key twice. `inexact_number`: a number that a double cannot hold, where the caller asked to be told.
 * - `too_deep`, `too_many_attributes`, `too_many_references`, `token_too_long`, `element_too_large`, `outline_too_large`, `too_large`: above a limit of the caller.
 * - `gzip_truncated`, `gzip_damaged`, `gzip_bomb`: the compressed stream breaks off, is not what it says, or unpacks to absurdly more than it is.
 * - `not_found`, `not_a_file`, `not_readable`: the path. `read_failed`: the disk or the descriptor table; trying again may help.
 */
export type ReaderErrorCode = keyof typeof NEXT_STEPS;

const NEXT_STEPS = {
  malformed: "Have it written again by its producer; what came before this place has been handed over.",
  truncated: "It was cut off on its way or its producer died: fetch or write it again.",
  empty: "Its producer wrote nothing: look there.",
  invalid_bytes: "Find out which encoding it really has and convert it.",
  encoding_conflict: "Correct the declaration or convert the document.",
  unsupported_encoding: "Convert the document to UTF-8.",
  entity_declaration: "Write the text itself instead of entities; documents from outside must not declare any.",
  duplicate_key: "Only one of the values can be meant: correct the producer.",
  inexact_number: 'Write it as text, or read with bigNumbers: "string".',
  too_deep: "Raise depthMax if the document can be trusted.",
  too_many_attributes: "Raise attributesMax if the document can be trusted.",
  too_many_references: "Raise referencesMax if the document can be trusted.",
  token_too_long: "Raise the limit for one token if the document can be trusted and memory allows.",
  element_too_large: "Raise elementBytesMax if the document can be trusted and memory allows.",
  outline_too_large: "Visit the array or map that is large, or raise outlineBytesMax if memory allows.",
  too_large: "Raise bytesMax if the document can be trusted.",
  gzip_truncated: "It was cut off on its way: fetch it again.",
  gzip_damaged: "Fetch it again; unpack it with gzip -t to see whether its producer is at fault.",
  gzip_bomb: "Unpack it by hand if it can be trusted, or raise gzipRatioMax.",
  not_found: "Check the path.",
  not_a_file: "Give the path of a regular file; pipes and devices can be given as a stream.",
  not_readable: "Check the permissions of the file and its folders.",
  read_failed: "Try again; look at the cause if it stays.",
} as const satisfies Readonly<Record<string, string>>;

/** What may be different at the next try, with the same document. */
const TRANSIENT: ReadonlySet<ReaderErrorCode> = new Set<ReaderErrorCode>(["read_failed"]);

/** All codes, for tables and tests. */
export const READER_ERROR_CODES: readonly string[] = Object.keys(NEXT_STEPS);

export interface ReaderErrorPlace {
  /** 1 for the first line. */
  readonly line: number;
  /** 0 for the first of a line; Unicode characters in XML, bytes in JSON (where a line may be a gigabyte long). */
  readonly column: number;
  /** Offset from the start of the document (unpacked, when it was compressed), byte order mark included. */
  readonly byte: number;
  /** Where in the document's structure: local names of the open elements (`/testsuites/testsuite`), or keys and indexes (`$.items[3].name`). */
  readonly path: string;
}

/** Before the first byte. */
export const START: ReaderErrorPlace = { line: 1, column: 0, byte: 0, path: "" };

/** The one error of the readers. Errors of a stream that was given and of the caller's own handlers pass through unchanged. */
export class ReaderError extends Error implements ReaderErrorPlace {
  override readonly name = "ReaderError";
  readonly code: ReaderErrorCode;
  readonly line: number;
  readonly column: number;
  readonly byte: number;
  readonly path: string;
  /** What to do about it. */
  readonly hint: string;
  /** True when reading the same document again will end the same way: quarantine it instead of trying again. */
  readonly permanent: boolean;

  constructor(code: ReaderErrorCode, detail: string, place: ReaderErrorPlace, options?: ErrorOptions) {
    super(`${detail} (line ${place.line}, column ${place.column}, byte ${place.byte}${place.path === "" ? "" : `, in ${place.path}`})`, options);
    this.code = code;
    this.line = place.line;
    this.column = place.column;
    this.byte = place.byte;
    this.path = place.path;
    this.hint = NEXT_STEPS[code];
    this.permanent = !TRANSIENT.has(code);
  }
}
