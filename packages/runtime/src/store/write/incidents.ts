import {
  mayMove,
  stateAfterOccurrence,
  type IncidentRecord,
  type IncidentScope,
  type IncidentState,
  type Occurrence,
  type Trouble,
  type ValidationRecord,
} from "../../model/index.ts";
import { integer, json, text, textOrNull, type Row } from "../codec.ts";
import { toIncidentRecord } from "../read/incident-rows.ts";
import type { IncidentChange } from "../ports.ts";
import type { WriteContext } from "./context.ts";

/** Where an occurrence happened; "" where there is no such thing. */
export interface OccurredIn {
  readonly attemptId: string;
  readonly jobId: string;
  readonly type: string;
  readonly lane: string;
}

interface HappenedIn extends OccurredIn {
  readonly scope: IncidentScope;
  readonly name: string;
}

type Happening = Omit<Occurrence, "cause"> & Pick<IncidentRecord, "cause">;

export interface IncidentWrites {
  /** Adds one occurrence, in the transaction of the settle that it belongs to. */
  add(occurrence: Occurrence, where: OccurredIn): "opened" | "recurred" | "regressed";
  /** Adds a trouble that is more than one end. */
  addTrouble(ask: { readonly trouble: Trouble }): "opened" | "recurred" | "regressed";
  change(ask: { readonly incidentId: string; readonly change: IncidentChange; readonly nowMs: number }): "changed" | "not-allowed" | "missing";
  /** The validations that somebody watches. */
  watching(): readonly ValidationRecord[];
  putValidation(ask: { readonly validation: ValidationRecord }): null;
  /** Removes incidents that were last seen before the time, with what belongs to them. */
  prune(lastSeenBeforeMs: number, limit: number): void;
}

const RELEASES_MAX = 20;
const NOTES_MAX = 200;
/** Occurrences kept of one incident, the newest; the count goes on. */
const OCCURRENCES_MAX = 200;

export function createIncidents({ database }: WriteContext): IncidentWrites {
  const find = database.prepare("SELECT * FROM incidents WHERE id = ?");
  const insert = database.prepare(
    `INSERT INTO incidents (id, scope, name, type, lane, cause, signature, title, state, first_seen_at, last_seen_at, count, lost_ms, last_attempt, last_job, releases, notes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, 1, ?, ?, ?, ?, '[]')`,
  );
  const update = database.prepare(
    "UPDATE incidents SET lane = ?, title = ?, state = ?, last_seen_at = max(last_seen_at, ?), count = count + 1, lost_ms = lost_ms + ?, last_attempt = ?, last_job = ?, releases = ? WHERE id = ?",
  );
  const insertOccurrence = database.prepare("INSERT INTO incident_occurrences (incident, attempt, job, at, release, trouble) VALUES (?, ?, ?, ?, ?, ?)");
  const trimOccurrences = database.prepare(
    `DELETE FROM incident_occurrences WHERE incident = ? AND seq <= (SELECT seq FROM incident_occurrences WHERE incident = ? ORDER BY seq DESC LIMIT 1 OFFSET ${OCCURRENCES_MAX})`,
  );
  const move = database.prepare("UPDATE incidents SET state = ?, resolved_at = ?, resolved_release = ?, notes = ? WHERE id = ?");
  const selectWatching = database.prepare("SELECT record FROM incident_validations WHERE state = 'watching' ORDER BY id DESC LIMIT 200");
  const putValidation = database.prepare(
    "INSERT INTO incident_validations (id, incident, state, record) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state, record = excluded.record",
  );
  const findOld = database.prepare("SELECT id FROM incidents WHERE last_seen_at < ? ORDER BY last_seen_at LIMIT ?");
  const removals = ["incident_occurrences WHERE incident", "incident_validations WHERE incident", "incidents WHERE id"].map((what) => database.prepare(`DELETE FROM ${what} = ?`));

  const open = (occurrence: Happening, { scope, name, type, lane, attemptId, jobId }: HappenedIn): void => {
    const { incidentId, cause, signature, title, atMs, lostSeconds, release } = occurrence;
    const releases = JSON.stringify(release === null ? [] : [release]);
    insert.run(incidentId, scope, name, type, lane, cause, signature, title, atMs, atMs, toMs(lostSeconds), attemptId, jobId, releases);
  };

  const recur = (row: Row, occurrence: Happening, where: HappenedIn): IncidentState => {
    const incident = toIncidentRecord(row);
    const state = stateAfterOccurrence(incident, occurrence);
    const { release } = occurrence;
    const releases = release === null || incident.releases.includes(release) ? incident.releases : [...incident.releases, release].slice(-RELEASES_MAX);
    update.run(where.lane, occurrence.title, state, occurrence.atMs, toMs(occurrence.lostSeconds), where.attemptId, where.jobId, JSON.stringify(releases), incident.id);
    return state;
  };

  const add = (occurrence: Happening, where: HappenedIn, trouble: string | null): "opened" | "recurred" | "regressed" => {
    const row = find.get(occurrence.incidentId);
    const before = row === undefined ? null : textOrNull(row["state"]);
    const state = row === undefined ? "open" : recur(row, occurrence, where);
    if (row === undefined) open(occurrence, where);
    insertOccurrence.run(occurrence.incidentId, where.attemptId, where.jobId, occurrence.atMs, occurrence.release, trouble);
    if (row !== undefined && integer(row["count"]) >= OCCURRENCES_MAX) trimOccurrences.run(occurrence.incidentId, occurrence.incidentId);
    if (row === undefined) return "opened";
    return state === "regressed" && before !== "regressed" ? "regressed" : "recurred";
  };

  return {
    add: (occurrence, where) => add(occurrence, { ...where, scope: "type", name: where.type }, null),
    addTrouble({ trouble }) {
      const { atMs, scope, name, detail } = trouble;
      const last = detail.ends.at(-1);
      const type = scope === "type" || scope === "service" ? name : "";
      const lane = scope === "lane" ? name : (last?.lane ?? "");
      // The work that was lost is counted with the ends' own incidents.
      const happening = { ...trouble, signature: "", startedAtMs: atMs, lostSeconds: 0 };
      return add(happening, { scope, name, type, lane, attemptId: last?.attemptId ?? "", jobId: last?.jobId ?? "" }, JSON.stringify(detail));
    },
    change({ incidentId, change, nowMs }) {
      const row = find.get(incidentId);
      if (row === undefined) return "missing";
      const incident: IncidentRecord = toIncidentRecord(row);
      const state = change.state ?? incident.state;
      if (!mayMove(incident.state, state)) return "not-allowed";
      const isResolving = change.state === "resolved";
      const notes = change.note === null ? incident.notes : [...incident.notes, change.note].slice(-NOTES_MAX);
      const resolvedAtMs = isResolving ? nowMs : state === "resolved" ? incident.resolvedAtMs : null;
      const release = isResolving ? change.resolvedInRelease : state === "resolved" ? incident.resolvedInRelease : null;
      move.run(state, resolvedAtMs, release, JSON.stringify(notes), incidentId);
      return "changed";
    },
    watching: () => selectWatching.all().map((row) => json<ValidationRecord>(row["record"])),
    putValidation({ validation }) {
      putValidation.run(validation.id, validation.incidentId, validation.state, JSON.stringify(validation));
      return null;
    },
    prune(lastSeenBeforeMs, limit) {
      for (const row of findOld.all(lastSeenBeforeMs, limit)) for (const removal of removals) removal.run(text(row["id"]));
    },
  };
}

function toMs(seconds: number): number {
  return Math.round(seconds * 1000);
}
