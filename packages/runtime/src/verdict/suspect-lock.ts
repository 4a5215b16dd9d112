import type { AttemptEvidence, Fact, Hypothesis } from "../model/index.ts";
import { LOCK_WORDS } from "./contention.ts";
import { fact } from "./facts.ts";
import { cpuAtEnd } from "./flight.ts";
import { judge } from "./suspect.ts";

/** Only where libraries are installed: a folder of the job's own may have any name. */
const DATABASE_FRAME = /\bnode:sqlite\b|\/node_modules\/(?:@(?:prisma|libsql)|better-sqlite3|sqlite3?|pg|pg-[\w-]+|postgres|mysql2?|mariadb|knex|kysely|prisma)\//;

/** Did it wait for a database that somebody else held? A line of the log or a frame of the stack has to speak of it: waiting alone can be for anything. */
export function databaseLock(evidence: AttemptEvidence): Hypothesis {
  const text = "It waited for a lock in a database.";
  const supports: Fact[] = [];
  const against: Fact[] = [];
  const line = [...evidence.logTail, ...(evidence.autopsy?.logTail ?? [])].findLast((each) => LOCK_WORDS.test(each));
  if (line !== undefined) supports.push(fact("a line of the log speaks of a lock", line, "log"));
  const note = evidence.progress?.note ?? "";
  if (LOCK_WORDS.test(note)) supports.push(fact("the last progress speaks of a lock", note, "job progress"));
  const frame = evidence.loop.stack.find((each) => DATABASE_FRAME.test(each));
  if (frame !== undefined) supports.push(fact("a frame inside a database library", frame, "inspector"));
  const hasSpoken = supports.length > 0;
  const cpu = cpuAtEnd(evidence);
  const isBusy = cpu?.isBusy === true;
  if (isBusy) against.push(fact(`CPU used per second in ${cpu.of}: who waits uses none`, cpu.share, cpu.source));
  if (hasSpoken && cpu?.isIdle === true) supports.push(fact(`CPU used per second in ${cpu.of}: it waited`, cpu.share, cpu.source));
  if (!hasSpoken && against.length === 0) against.push(fact("no line of the log and no frame speaks of a lock", true, "log, inspector"));
  return judge("database-lock", text, { for: supports, against, says: hasSpoken ? (isBusy ? "possible" : "likely") : isBusy ? "ruled-out" : null });
}
