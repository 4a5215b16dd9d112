import { JOB_STATES, type JobState } from "../../model/index.ts";
import { STATE_CODES } from "../codec.ts";
import type { JobFilter } from "../ports.ts";

/** A filter as SQL: a condition on `j` (the job) and `q` (its queue) with its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** Longest text that is searched for. */
const TEXT_CHARACTERS_MAX = 200;

export function toCondition(filter: JobFilter): Condition {
  const parts: Condition[] = [];
  const add = (sql: string, ...values: (string | number)[]): void => {
    parts.push({ sql, values });
  };
  if (filter.states !== undefined) add(`j.state IN (${stateCodes(filter.states).join(", ")})`);
  if (filter.lane !== undefined) add("q.lane = ?", filter.lane);
  if (filter.type !== undefined) add("q.type = ?", filter.type);
  if (filter.tag !== undefined) add("j.tags IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(j.tags) AS tag WHERE tag.value = ?)", filter.tag);
  if (filter.cause !== undefined) add("j.cause = ?", filter.cause);
  if (filter.createdSinceMs !== undefined) add("j.created_at >= ?", filter.createdSinceMs);
  if (filter.createdBeforeMs !== undefined) add("j.created_at < ?", filter.createdBeforeMs);
  if (filter.text !== undefined && filter.text !== "") {
    const pattern = `%${filter.text.slice(0, TEXT_CHARACTERS_MAX).replaceAll(/[\\%_]/g, "\\$&")}%`;
    add(
      `(j.id LIKE ? ESCAPE '\\' OR j.summary LIKE ? ESCAPE '\\' OR coalesce(j.input, (SELECT body FROM documents d WHERE d.job_id = j.id AND d.kind = 'input')) LIKE ? ESCAPE '\\')`,
      pattern,
      pattern,
      pattern,
    );
  }
  return { sql: parts.length === 0 ? "TRUE" : parts.map((part) => part.sql).join(" AND "), values: parts.flatMap((part) => part.values) };
}

export function stateCodes(states: readonly JobState[]): readonly number[] {
  return JOB_STATES.filter((state) => states.includes(state)).map((state) => STATE_CODES[state]);
}
