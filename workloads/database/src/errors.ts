export type DatabaseErrorCode = "newer_schema" | "invalid_address" | "closed" | "unusable";

/** An error of this layer itself; the errors of the databases pass as they are. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code: DatabaseErrorCode;
  readonly hint: string;
  /** Read by the runtime: it does not try again. */
  readonly retryable = false;

  constructor(code: DatabaseErrorCode, message: string, options: { readonly hint: string; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/**
 * `transient`: worth the same attempt a little later (locks, deadlocks, a server that is away or restarts, a statement that ran out of time, no room on the disk or in memory).
 * `constraint`: the rows themselves are refused. `permanent`: any other error of a database. `none`: not an error of a database.
 */
export type ErrorClass = "transient" | "constraint" | "permanent" | "none";

/** SQLITE_BUSY, SQLITE_LOCKED. */
const SQLITE_CONTENTION = new Set([5, 6]);
/** SQLITE_NOMEM, SQLITE_IOERR, SQLITE_FULL: nothing is wrong with the statement. */
const SQLITE_RESOURCE = new Set([7, 10, 13]);
/** SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH. */
const SQLITE_REFUSED = new Set([18, 19, 20]);

/** Serialization, deadlock, lock not available; the statement was cancelled (its time is up); the server is stopping or starting. */
const POSTGRES_TRANSIENT = new Set(["40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03"]);
/** The connection; resources such as disk, memory and connections; what the operating system refused. */
const POSTGRES_TRANSIENT_CLASSES = new Set(["08", "53", "58"]);
/** Values that do not fit their type, and constraints. */
const POSTGRES_REFUSED_CLASSES = new Set(["22", "23"]);
const CONNECTION_CODES = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN"]);
/** What node-postgres says, without a code, when a connection goes away. */
const CONNECTION_WORDS = /^Connection terminated|timeout exceeded when trying to connect|^Client has encountered a connection error/;

/** What an error of either database means for whoever would try again. */
export function classifyDatabaseError(error: unknown): ErrorClass {
  for (let current = error, depth = 0; current instanceof Error && depth < 4; current = current.cause, depth += 1) {
    const found = classifyOne(current);
    if (found !== "none") return found;
  }
  return "none";
}

function classifyOne(error: Error): ErrorClass {
  if (error instanceof DatabaseError) return "permanent";
  const primary = sqliteCode(error);
  if (primary !== null) return classifySqlite(primary);
  if (CONNECTION_WORDS.test(error.message)) return "transient";
  if (!("code" in error) || typeof error.code !== "string") return "none";
  if (CONNECTION_CODES.has(error.code)) return "transient";
  if (!/^[0-9A-Z]{5}$/.test(error.code) || !("severity" in error || "routine" in error)) return "none";
  const family = error.code.slice(0, 2);
  if (POSTGRES_TRANSIENT.has(error.code) || POSTGRES_TRANSIENT_CLASSES.has(family)) return "transient";
  return POSTGRES_REFUSED_CLASSES.has(family) ? "constraint" : "permanent";
}

function classifySqlite(primary: number): ErrorClass {
  if (SQLITE_CONTENTION.has(primary) || SQLITE_RESOURCE.has(primary)) return "transient";
  return SQLITE_REFUSED.has(primary) ? "constraint" : "permanent";
}

/** Whether somebody else's lock was in the way, as opposed to a server that is away. */
export function isContention(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const primary = sqliteCode(error);
  if (primary !== null) return SQLITE_CONTENTION.has(primary);
  return "code" in error && typeof error.code === "string" && ["40001", "40P01", "55P03"].includes(error.code);
}

/** Worth running the transaction again at once; a lock timeout (55P03) has waited long enough already. */
export function isWorthAnotherRun(error: unknown): boolean {
  return isContention(error) && !(error instanceof Error && "code" in error && error.code === "55P03");
}

function sqliteCode(error: Error): number | null {
  return "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : null;
}
