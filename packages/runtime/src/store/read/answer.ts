import type { DatabaseSync } from "node:sqlite";
import { CAUSES, familyOf, isId } from "../../model/index.ts";
import { integer, text, textOrNull } from "../codec.ts";
import { ATTEMPT_QUERY, toAttemptRecord } from "./attempt-rows.ts";
import { beganKind, FROM_THE_START } from "../began-with.ts";
import { createIncidentReads } from "./incident-rows.ts";
import { JOB_COLUMNS, toJobRecord } from "./job-rows.ts";
import { countJobs, listJobs } from "./list.ts";
import type { DocumentKind, Query } from "./queries.ts";
import { typeStats } from "./stats.ts";

/** For SQL. The causes are words of our own. */
const DEATHS = CAUSES.filter((cause) => familyOf(cause) === "death")
  .map((cause) => `'${cause}'`)
  .join(", ");

/** Answers one question from the read-only connection. */
export function createAnswer(database: DatabaseSync): (query: Query) => unknown {
  const findJob = database.prepare(`SELECT ${JOB_COLUMNS} FROM jobs j JOIN queues q ON q.id = j.queue WHERE j.id = ?`);
  const findRange = database.prepare("SELECT name, value FROM meta WHERE name IN ('pruned_lowest', 'pruned_highest') ORDER BY name DESC");
  const findInline = database.prepare("SELECT input, result FROM jobs WHERE id = ?");
  const findDocument = database.prepare("SELECT body FROM documents WHERE job_id = ? AND kind = ?");
  const attemptsOf = database.prepare(`${ATTEMPT_QUERY} WHERE a.job_id = ? ORDER BY a.attempt, a.seq`);
  const findAttempt = database.prepare(`${ATTEMPT_QUERY} WHERE a.id = ?`);
  const deathsBetween = database.prepare(`${ATTEMPT_QUERY} WHERE a.ended_at BETWEEN ? AND ? AND a.cause IN (${DEATHS}) ORDER BY a.ended_at, a.seq LIMIT ?`);
  const incidents = createIncidentReads(database);
  const findBegin = database.prepare("SELECT body FROM documents WHERE job_id = ? AND kind >= ? AND kind <= ? ORDER BY kind LIMIT 1");
  const size = database.prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size");

  /**
   * Of what was pruned only the range of the ids is kept (ids sort by the time they were made), not each id: a million pruned jobs cost nothing.
   * An id in this range that is not there was pruned, removed by hand, or made up.
   */
  const wasPruned = (jobId: string): boolean => {
    if (!isId(jobId, "job") || findJob.get(jobId) !== undefined) return false;
    const [lowest, highest] = findRange.all().map((row) => text(row["value"]));
    return lowest !== undefined && highest !== undefined && jobId >= lowest && jobId <= highest;
  };

  const document = (jobId: string, which: DocumentKind): string | null => {
    const row = which === "checkpoint" ? undefined : findInline.get(jobId);
    return textOrNull(row?.[which]) ?? textOrNull(findDocument.get(jobId, which)?.["body"]);
  };

  /** What the first attempt from this one on that stored a checkpoint found there; where none did, the last checkpoint still is it. */
  const beganWith = (jobId: string, attempt: number): string | null => {
    const kept = textOrNull(findBegin.get(jobId, beganKind(attempt), beganKind(999_999_999))?.["body"]) ?? document(jobId, "checkpoint");
    return kept === FROM_THE_START ? null : kept;
  };

  return (query) => {
    switch (query.kind) {
      case "job": {
        const row = findJob.get(query.jobId);
        return row === undefined ? null : toJobRecord(row);
      }
      case "wasPruned":
        return wasPruned(query.jobId);
      case "document":
        return document(query.jobId, query.which);
      case "beganWith":
        return beganWith(query.jobId, query.attempt);
      case "jobs":
        return listJobs(database, query.filter, query.page);
      case "countJobs":
        return countJobs(database, query.filter, query.cap);
      case "attempts":
        return attemptsOf.all(query.jobId).map(toAttemptRecord);
      case "attempt": {
        const row = findAttempt.get(query.attemptId);
        return row === undefined ? null : toAttemptRecord(row);
      }
      case "typeStats":
        return typeStats(database, query.sinceMs);
      case "incident":
        return incidents.incident(query.id);
      case "incidents":
        return incidents.incidents(query.filter, query.page);
      case "incidentCounts":
        return incidents.counts();
      case "occurrences":
        return incidents.occurrences(query.incidentId, query.limit);
      case "validations":
        return incidents.validations(query.incidentId, query.state);
      case "inputSizes":
        return incidents.inputSizes(query.type);
      case "deathsBetween":
        return deathsBetween.all(query.fromMs, query.toMs, query.limit).map(toAttemptRecord);
      case "sizeBytes":
        return integer(size.get()?.["bytes"]);
    }
  };
}
