import type { Fact, IncidentRecord, OccurrenceRecord, TroubleDetail, TroubleEnd, TroubleKind } from "../model/index.ts";
import type { Recommendation } from "./recommend.ts";
import type { TimelineEntry } from "./timeline.ts";

const SUBJECTS = { type: "job type", lane: "lane", service: "service", runtime: "the runtime" } as const;

/** Two sentences. */
export function summariseTrouble({ scope, name, title, count, cause }: IncidentRecord, detail: TroubleDetail | null): readonly string[] {
  const subject = scope === "runtime" ? SUBJECTS.runtime : `${SUBJECTS[scope]} ${name}`;
  return [detail?.reason ?? `${title}.`, `It happened ${count === 1 ? "once" : `${count} times`}, to ${subject} (${cause}).`];
}

/** What the last one has cost. The work that was lost is counted with the incidents of the ends. */
export function troubleImpact({ count }: IncidentRecord, ends: readonly TroubleEnd[]): readonly Fact[] {
  const facts: Fact[] = [{ fact: "times it happened", value: count, source: "journal: incident" }];
  if (ends.length === 0) return facts;
  return [
    ...facts,
    { fact: "ends that led to the last one", value: ends.length, source: "journal: attempts" },
    { fact: "jobs that they belong to", value: new Set(ends.map(({ jobId }) => jobId)).size, source: "journal: attempts" },
    { fact: "job types that they belong to", value: [...new Set(ends.map(({ type }) => type))].join(", "), source: "journal: attempts" },
  ];
}

export function troubleTrigger({ releases }: IncidentRecord, release: string | null): readonly Fact[] {
  if (release === null) return [];
  return [{ fact: releases.length === 1 ? "seen in this release only" : `seen in ${releases.length} releases, the last one`, value: release, source: "config: release" }];
}

/** The ends one by one, and each time that it happened; oldest first. */
export function tellTroubleTimeline({ cause, title }: IncidentRecord, occurrences: readonly OccurrenceRecord[], ends: readonly TroubleEnd[]): readonly TimelineEntry[] {
  const entries: TimelineEntry[] = [
    ...ends.map(({ attemptId, type, cause: end, atMs }) => ({ atMs, text: `${type} ended: ${end} (attempt ${attemptId})`, source: "journal: attempts" })),
    ...occurrences.map(({ atMs, trouble }) => ({ atMs, text: `${cause}: ${trouble?.reason ?? title}`, source: "journal: incident" })),
  ];
  return entries.sort((a, b) => a.atMs - b.atMs);
}

const WORDS: Readonly<Record<TroubleKind, string>> = {
  tripped: "Look at the incidents of these ends: what they have in common holds it back. When that is fixed, cofferdam trips resume begins again at once, one at a time.",
  escalated: "Look at how its last starts ended. When that is fixed, start it again: cofferdam services start.",
  "workers-failing": "Nothing can run. Look at the worker's log and at cofferdam doctor: usually the environment (NODE_OPTIONS, a full disk, no more processes) and not a job.",
  "breaker-storm":
    "So many targets at once rather refuse us: look at our own address, proxy, credentials and network before the targets. cofferdam breakers shows who said what; cofferdam breakers reset lets one be tried again.",
};

/** What to do next: named is the incident that most of the ends belong to. */
export function recommendForTrouble(kind: TroubleKind, { name }: IncidentRecord, ends: readonly TroubleEnd[]): Recommendation {
  const most = mostFrequent(ends.flatMap(({ incidentId }) => (incidentId === null ? [] : [incidentId])));
  const first = most === null ? "" : ` Begin with incident ${most.value}: ${most.count} of these ${ends.length} ends${name === "" ? "" : ` of ${name}`} belong to it.`;
  const numbers: readonly Fact[] = most === null ? [] : [{ fact: `ends that belong to ${most.value}`, value: most.count, source: "journal: attempts" }];
  return { text: `${WORDS[kind]}${first}`, numbers };
}

function mostFrequent(values: readonly string[]): { readonly value: string; readonly count: number } | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].sort((a, b) => b[1] - a[1]);
  return first === undefined ? null : { value: first[0], count: first[1] };
}
