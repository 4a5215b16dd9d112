import { beginValidation, buildReport, HURT_MAX, HURT_WINDOW_MS, parseRule, RULES_MAX, type IncidentReport } from "../incident/index.ts";
import { CofferdamError, type IncidentRecord, type ValidationRecord } from "../model/index.ts";
import { newId } from "../platform/index.ts";
import type { ControlDeps } from "./deps.ts";
import type { Control } from "./ports.ts";

type IncidentActions = Pick<Control, "incidents" | "incident" | "incidentCounts" | "incidentReport" | "changeIncident" | "validateIncident">;

const OCCURRENCES_READ = 20;
const SIMILAR_MS = 7 * 86_400_000;
const SIMILAR_READ = 200;

export function createIncidentActions({ store, events, validations, clock, chance }: ControlDeps): IncidentActions {
  async function find(id: string): Promise<IncidentRecord> {
    const incident = await store.incident(id);
    if (incident !== null) return incident;
    throw new CofferdamError("incident_not_found", `there is no incident ${id}`, { hint: "cofferdam incidents lists them; they are removed with the retention of failed jobs." });
  }

  async function report(id: string): Promise<IncidentReport> {
    const incident = await find(id);
    const [attempt, job, occurrences, recent, watched] = await Promise.all([
      incident.lastAttemptId === null ? null : store.attempt(incident.lastAttemptId),
      incident.lastJobId === null ? null : store.job(incident.lastJobId),
      store.occurrences(id, OCCURRENCES_READ),
      store.incidents({ seenSinceMs: clock.nowMs() - SIMILAR_MS }, { limit: SIMILAR_READ, cursor: null }),
      store.validations(id, null),
    ]);
    // One is the attempt itself, and one more tells that there are more.
    const around = attempt === null ? [] : await store.deathsBetween(attempt.endedAtMs - HURT_WINDOW_MS, attempt.endedAtMs + HURT_WINDOW_MS, HURT_MAX + 2);
    return buildReport({ incident, attempt, job, occurrences, around, recent: recent.items, validations: watched });
  }

  return {
    incidents: (filter, page) => store.incidents(filter, page),
    incident: find,
    incidentCounts: () => store.incidentCounts(),
    incidentReport: report,
    async changeIncident(id, { state, resolvedInRelease, note, by }) {
      const nowMs = clock.nowMs();
      const outcome = await store.changeIncident(id, { state, resolvedInRelease, note: note === null ? null : { atMs: nowMs, by, text: note } }, nowMs);
      const incident = await find(id);
      if (outcome === "not-allowed")
        throw new CofferdamError("incident_state", `incident ${id} is ${incident.state}: it cannot become ${String(state)}`, {
          hint: "open and acknowledged ones can be resolved, resolved ones opened again; regressed is what only an occurrence makes it.",
        });
      if (state !== null) events.publish({ kind: "incident.changed", atMs: nowMs, incidentId: id, state: incident.state, by });
      return incident;
    },
    async validateIncident(id, rules): Promise<ValidationRecord> {
      if (rules.length === 0 || rules.length > RULES_MAX) throw new CofferdamError("invalid_option", `a validation has 1 to ${RULES_MAX} rules, not ${rules.length}`);
      await find(id);
      const nowMs = clock.nowMs();
      const validation = beginValidation(newId("validation", nowMs, chance), id, rules.map(parseRule), nowMs);
      await validations.add(validation);
      return validation;
    },
  };
}
