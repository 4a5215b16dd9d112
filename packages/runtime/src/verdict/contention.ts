import type { ErrorInfo } from "../model/index.ts";

/** PostgreSQL: lock not available, deadlock detected, could not serialize (a conflict with a concurrent transaction, to be tried again just like a deadlock). */
const POSTGRES = new Set(["55P03", "40P01", "40001"]);
const MYSQL = new Set(["ER_LOCK_WAIT_TIMEOUT", "ER_LOCK_DEADLOCK"]);
const MYSQL_NUMBERS = new Set(["1205", "1213"]);

/** What people and libraries write of locks: enough for a suspicion, never for a cause. */
export const LOCK_WORDS =
  /database (?:table |schema )?is locked|SQLITE_(?:BUSY|LOCKED)|lock wait timeout|deadlock|could not obtain lock|could not serialize access|canceling statement due to lock timeout|55P03|40P01|waiting for (?:a )?lock|LockNotAvailable/i;

/** Whether a database said, by its code, that somebody else held the lock. */
export function isContention({ code, message }: ErrorInfo): boolean {
  if (code === null) return false;
  if (POSTGRES.has(code) || MYSQL.has(code) || /^SQLITE_(?:BUSY|LOCKED)/.test(code)) return true;
  // node:sqlite has one code for all its errors, and a bare number is a MySQL code only when the message speaks of a lock too.
  return code === "ERR_SQLITE_ERROR" ? /^database (?:table |schema )?is locked/.test(message) : MYSQL_NUMBERS.has(code) && /lock/i.test(message);
}
