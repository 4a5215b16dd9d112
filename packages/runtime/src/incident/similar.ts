import type { IncidentRecord, TroubleEnd } from "../model/index.ts";

export interface SimilarIncident {
  readonly id: string;
  readonly title: string;
  readonly state: IncidentRecord["state"];
  readonly count: number;
  readonly lastSeenAtMs: number;
  readonly why: "ended alike in another type" | "same cause in this type" | "another trouble of this type" | "its ends led to this one";
}

const SHOWN_MAX = 10;

/** Incidents that may have to do with this one: the same end elsewhere first, then the same cause here, then anything of the type. */
export function findSimilar(incident: IncidentRecord, recent: readonly IncidentRecord[]): readonly SimilarIncident[] {
  const ranked = recent.flatMap((other) => {
    const why = relation(incident, other);
    return other.id === incident.id || why === null ? [] : [{ other, why }];
  });
  return ranked
    .sort((a, b) => RANKS.indexOf(a.why) - RANKS.indexOf(b.why) || b.other.lastSeenAtMs - a.other.lastSeenAtMs)
    .slice(0, SHOWN_MAX)
    .map(({ other: { id, title, state, count, lastSeenAtMs }, why }) => ({ id, title, state, count, lastSeenAtMs, why }));
}

const RANKS: readonly SimilarIncident["why"][] = ["ended alike in another type", "same cause in this type", "another trouble of this type"];

/** The incidents of the ends that a trouble follows from, the most frequent first. */
export function findBehind(incident: IncidentRecord, ends: readonly TroubleEnd[], recent: readonly IncidentRecord[]): readonly SimilarIncident[] {
  const times = (id: string): number => ends.filter(({ incidentId }) => incidentId === id).length;
  return recent
    .filter((other) => other.id !== incident.id && times(other.id) > 0)
    .sort((a, b) => times(b.id) - times(a.id))
    .slice(0, SHOWN_MAX)
    .map(({ id, title, state, count, lastSeenAtMs }) => ({ id, title, state, count, lastSeenAtMs, why: "its ends led to this one" }));
}

function relation(incident: IncidentRecord, other: IncidentRecord): SimilarIncident["why"] | null {
  if (other.scope !== "type") return null;
  // Without a signature only the cause is the same, which says nothing of another type's code.
  const isAlike = other.cause === incident.cause && other.signature === incident.signature && incident.signature !== "";
  if (other.type !== incident.type) return isAlike ? "ended alike in another type" : null;
  return other.cause === incident.cause ? "same cause in this type" : "another trouble of this type";
}
