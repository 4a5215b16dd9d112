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
 * `transient`: worth the same attempt a little later (locks, deadlocks, a server that is away or restarts).
 * `constraint`: the rows themselves are refused. `permanent`: any other error of a database. `none`: not an error of a database.
 */
export type ErrorClass = "transient" | "constraint" | "permanent" | "none";

const SQLITE_TRANSIENT = new Set([5, 6]);
const SQLITE_CONSTRAINT = 19;

/** Serialization, deadlock, lock not available; the server is stopping, starting or out of connections. */
const POSTGRES_TRANSIENT = new Set(["40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300"]);
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
  if (primary !== null) return SQLITE_TRANSIENT.has(primary) ? "transient" : primary === SQLITE_CONSTRAINT ? "constraint" : "permanent";
  if (CONNECTION_WORDS.test(error.message)) return "transient";
  if (!("code" in error) || typeof error.code !== "string") return "none";
  if (CONNECTION_CODES.has(error.code)) return "transient";
  if (!/^[0-9A-Z]{5}$/.test(error.code) || !("severity" in error || "routine" in error)) return "none";
  if (POSTGRES_TRANSIENT.has(error.code) || error.code.startsWith("08")) return "transient";
  return error.code.startsWith("23") ? "constraint" : "permanent";
}

/** Whether somebody else's lock was in the way, as opposed to a server that is away. */
export function isContention(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const primary = sqliteCode(error);
  if (primary !== null) return SQLITE_TRANSIENT.has(primary);
  return "code" in error && typeof error.code === "string" && ["40001", "40P01", "55P03"].includes(error.code);
}

/** Worth running the transaction again at once; a lock timeout (55P03) has waited long enough already. */
export function isWorthAnotherRun(error: unknown): boolean {
  return isContention(error) && !(error instanceof Error && "code" in error && error.code === "55P03");
}

function sqliteCode(error: Error): number | null {
  return "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : null;
}
