import type { ErrorInfo } from "../model/index.ts";

/** PostgreSQL: lock not available, deadlock detected, could not serialize (a conflict with a concurrent transaction, to be tried again just like a deadlock). */
const POSTGRES = new Set(["55P03", "40P01", "40001"]);
const MYSQL = new Set(["ER_LOCK_WAIT_TIMEOUT", "ER_LOCK_DEADLOCK"]);
const MYSQL_NUMBERS = new Set(["1205", "1213"]);
const WORDS =
  /database (?:table |schema )?is locked|deadlock detected|Lock wait timeout exceeded|Deadlock found when trying to get lock|could not obtain lock on|canceling statement due to lock timeout|could not serialize access/i;

/** Whether this error says that somebody else held the lock. */
export function isContention(error: ErrorInfo): boolean {
  const { code } = error;
  if (code !== null && (POSTGRES.has(code) || MYSQL.has(code) || /^SQLITE_(?:BUSY|LOCKED)/.test(code))) return true;
  // A bare number is a MySQL code only when the message speaks of a lock too.
  if (code !== null && MYSQL_NUMBERS.has(code) && /lock/i.test(error.message)) return true;
  return WORDS.test(error.message) || /\b(?:SQLITE_BUSY|SQLITE_LOCKED)\b/.test(error.message);
}
