import { CofferdamError, type ErrorCode } from "../model/index.ts";

/** An error on its way from a thread; class and prototype do not survive the trip, these do. */
export interface FailureMessage {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly stack: string | null;
}

const SQLITE_FULL = 13;
const SQLITE_IOERR = 10;
const SQLITE_IOERR_SHMSIZE = 4874;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
/** Wrong SQL, a broken constraint, a wrong type: nothing that the disk could do. */
const OUR_MISTAKES: ReadonlySet<number> = new Set([1, 19, 20, 21, 25]);
/** Also busy (5), out of memory (7), read only (8), cannot open (14). */
const DISK_FAILURES: ReadonlySet<number> = new Set([SQLITE_FULL, SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB, 5, 7, 8, 14]);

export function sqliteCode(error: unknown): number | null {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : null;
}

/** The disk or the file failed, not the operation: what else was in the transaction is not to blame. */
export function isDiskFailure(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== null && DISK_FAILURES.has(code & 0xff);
}

/** Words what the database threw as an error of ours. Errors of ours pass unchanged. */
export function toCofferdamError(error: unknown): CofferdamError {
  if (error instanceof CofferdamError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = sqliteCode(error);
  if (code === null || OUR_MISTAKES.has(code & 0xff)) {
    return new CofferdamError("broken_invariant", `the store failed: ${message}`, { hint: "Please report it with the stack.", cause: error });
  }
  if ((code & 0xff) === SQLITE_FULL || code === SQLITE_IOERR_SHMSIZE) {
    return new CofferdamError("store_full", `the disk is full: ${message}`, {
      hint: "Free some space; the store goes on by itself. Nothing that was accepted is lost.",
      retryAfterSeconds: 5,
      cause: error,
    });
  }
  if ((code & 0xff) === SQLITE_CORRUPT || (code & 0xff) === SQLITE_NOTADB) {
    return new CofferdamError("database_corrupt", `the database is damaged: ${message}`, { hint: "Stop the runtime and restore the last backup.", cause: error });
  }
  return new CofferdamError("store_failed", `the database could not be used: ${message} (SQLite code ${code})`, {
    hint: "Check the disk and the permissions of the data directory.",
    retryAfterSeconds: 5,
    cause: error,
  });
}

export function toFailureMessage(error: unknown): FailureMessage {
  const failure = toCofferdamError(error);
  return { code: failure.code, message: failure.message, hint: failure.hint ?? null, stack: failure.family === "broken" && error instanceof Error ? (error.stack ?? null) : null };
}

export function fromFailureMessage(failure: FailureMessage): CofferdamError {
  const error = new CofferdamError(failure.code, failure.message, {
    ...(failure.hint === null ? {} : { hint: failure.hint }),
    ...(failure.code === "store_full" || failure.code === "store_failed" ? { retryAfterSeconds: 5 } : {}),
  });
  if (failure.stack !== null) error.stack = failure.stack;
  return error;
}
