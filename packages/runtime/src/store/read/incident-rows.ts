import type { DatabaseSync } from "node:sqlite";
import {
  assert,
  INCIDENT_CAUSES,
  INCIDENT_SCOPES,
  INCIDENT_STATES,
  type IncidentCause,
  type IncidentNote,
  type IncidentRecord,
  type InputShape,
  type OccurrenceRecord,
  type TroubleDetail,
  type ValidationRecord,
} from "../../model/index.ts";
import { integer, integerOrNull, json, STATE_CODES, text, textOrNull, type Row } from "../codec.ts";
import type { IncidentCount, IncidentFilter, Page, PageRequest } from "../ports.ts";

export function toIncidentRecord(row: Row): IncidentRecord {
  return {
    id: text(row["id"]),
    scope: oneOf(INCIDENT_SCOPES, text(row["scope"])),
    name: text(row["name"]),
    type: filled(row["type"]),
    lane: filled(row["lane"]),
    cause: causeOf(row),
    signature: text(row["signature"]),
    title: text(row["title"]),
    state: oneOf(INCIDENT_STATES, text(row["state"])),
    firstSeenAtMs: integer(row["first_seen_at"]),
    lastSeenAtMs: integer(row["last_seen_at"]),
    count: integer(row["count"]),
    lostSeconds: integer(row["lost_ms"]) / 1000,
    lastAttemptId: filled(row["last_attempt"]),
    lastJobId: filled(row["last_job"]),
    releases: json<readonly string[]>(row["releases"]),
    resolvedAtMs: integerOrNull(row["resolved_at"]),
    resolvedInRelease: textOrNull(row["resolved_release"]),
    notes: json<readonly IncidentNote[]>(row["notes"]),
  };
}

function causeOf(row: Row): IncidentCause {
  return oneOf(INCIDENT_CAUSES, text(row["cause"]));
}

function oneOf<Word extends string>(known: readonly Word[], stored: string): Word {
  const word = known.find((each) => each === stored);
  assert(word !== undefined, `a stored incident has one of ${known.join(", ")}, not ${stored}`);
  return word;
}

/** "" stands for nothing. */
function filled(stored: Row[string] | undefined): string | null {
  return textOrNull(stored) || null;
}

/** "<last seen, Unix ms>_<id>" of the last one of the page before; one that we did not make begins from the start. */
function readCursor(cursor: string | null): { readonly beforeMs: number; readonly id: string } {
  const match = /^(\d{1,15})_(i_[0-9a-f]{32})$/.exec(cursor ?? "");
  return match === null ? { beforeMs: Number.MAX_SAFE_INTEGER, id: "" } : { beforeMs: Number(match[1]), id: match[2] ?? "" };
}

/** Inputs that are looked at to say what is usual. */
const INPUTS_MAX = 200;
/** Jobs that are looked at to find them. */
const JOBS_MAX = 5000;

/** What the reader knows of incidents. */
export function createIncidentReads(database: DatabaseSync) {
  const find = database.prepare("SELECT * FROM incidents WHERE id = ?");
  const list = database.prepare(
    `SELECT * FROM incidents WHERE (last_seen_at, id) < (?, ?) AND state IN (SELECT value FROM json_each(?)) AND type = coalesce(?, type) AND cause = coalesce(?, cause)
     AND last_seen_at >= ? ORDER BY last_seen_at DESC, id DESC LIMIT ?`,
  );
  const occurrences = database.prepare("SELECT * FROM incident_occurrences WHERE incident = ? ORDER BY seq DESC LIMIT ?");
  const validations = database.prepare("SELECT record FROM incident_validations WHERE incident = coalesce(?, incident) AND state = coalesce(?, state) ORDER BY id DESC LIMIT 200");
  const counts = database.prepare("SELECT cause, state, count(*) AS incidents FROM incidents GROUP BY cause, state");
  const sizes = database.prepare(
    `SELECT input_bytes FROM (SELECT id, state, queue, input_bytes FROM jobs ORDER BY id DESC LIMIT ${JOBS_MAX})
     WHERE state = ${STATE_CODES.succeeded} AND queue IN (SELECT id FROM queues WHERE type = ?) LIMIT ${INPUTS_MAX}`,
  );

  return {
    incident(id: string): IncidentRecord | null {
      const row = find.get(id);
      return row === undefined ? null : toIncidentRecord(row);
    },
    incidents(filter: IncidentFilter, page: PageRequest): Page<IncidentRecord> {
      const { beforeMs, id } = readCursor(page.cursor);
      const states = JSON.stringify(filter.states ?? INCIDENT_STATES);
      const rows = list.all(beforeMs, id, states, filter.type ?? null, filter.cause ?? null, filter.seenSinceMs ?? 0, page.limit + 1);
      const items = rows.slice(0, page.limit).map(toIncidentRecord);
      const last = items.at(-1);
      return { items, nextCursor: rows.length > page.limit && last !== undefined ? `${last.lastSeenAtMs}_${last.id}` : null };
    },
    occurrences: (incidentId: string, limit: number): readonly OccurrenceRecord[] => occurrences.all(incidentId, limit).map(toOccurrence),
    validations: (incidentId: string | null, state: ValidationRecord["state"] | null): readonly ValidationRecord[] =>
      validations.all(incidentId, state).map((row) => json<ValidationRecord>(row["record"])),
    counts: (): readonly IncidentCount[] =>
      counts.all().map((row) => ({ cause: causeOf(row), state: oneOf(INCIDENT_STATES, text(row["state"])), count: integer(row["incidents"]) })),
    inputSizes(type: string): InputShape["typical"] {
      const found = sizes.all(type).map((row) => integer(row["input_bytes"]));
      if (found.length === 0) return null;
      found.sort((a, b) => a - b);
      const at = (share: number): number => found[Math.min(found.length - 1, Math.floor(found.length * share))] ?? 0;
      return { count: found.length, medianBytes: at(0.5), p95Bytes: at(0.95), maxBytes: at(1) };
    },
  };
}

function toOccurrence(row: Row): OccurrenceRecord {
  const trouble = textOrNull(row["trouble"]);
  return {
    attemptId: filled(row["attempt"]),
    jobId: filled(row["job"]),
    atMs: integer(row["at"]),
    release: textOrNull(row["release"]),
    trouble: trouble === null ? null : json<TroubleDetail>(trouble),
  };
}
