import type { IncidentRecord, RuntimeEvent, ValidationRecord } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { IncidentPort } from "../store/ports.ts";
import { wordRule } from "./markdown.ts";
import { observe, type Observation } from "./validation.ts";

export interface ValidationWatchDeps {
  readonly store: Pick<IncidentPort, "validations" | "putValidation" | "incident">;
  readonly clock: Clock;
  /** What runs now: the looks of the watch, no reads of its own. */
  running(): readonly { readonly type: string; readonly lane: string; readonly pids: number; readonly memoryBytes: number }[];
  /** When this service last reported an update; null while it has not, and for what is no service. */
  lastUpdateAtMs(service: string): number | null;
  publish(event: RuntimeEvent): void;
  onError(error: unknown): void;
}

/** The rules under watch, from their begin to their end. */
export interface ValidationWatch {
  add(validation: ValidationRecord): Promise<void>;
  /** Peaks of attempts that ended between two looks, new occurrences, successes. */
  hear(event: RuntimeEvent): void;
  /** Looks once now; done by itself every ten seconds. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

const LOOK_MS = 10_000;
/** An unchanged record is stored again after this time, so that a gap is known after a crash. */
const STORE_MS = 30_000;

interface Watched {
  record: ValidationRecord;
  readonly about: Pick<IncidentRecord, "scope" | "name">;
  storedAtMs: number;
  /** Highest since the last look. */
  pids: number | null;
  memoryBytes: number | null;
  occurrences: number;
  /** Its last success, or the last update of a service; at first the begin of the watch. */
  freshAtMs: number;
}

/** Takes up what an earlier runtime was watching, and goes on. */
export async function watchValidations(deps: ValidationWatchDeps): Promise<ValidationWatch> {
  const { store, clock } = deps;
  const watched = new Map<string, Watched>();
  for (const record of await store.validations(null, "watching")) await take(record);
  let looking: Promise<void> = Promise.resolve();
  const cancel = clock.every(LOOK_MS, () => void look(), { keepAlive: false });

  async function take(record: ValidationRecord): Promise<void> {
    const incident = await store.incident(record.incidentId);
    if (incident === null) return;
    const counted = record.rules.find(({ rule }) => rule.metric === "occurrences")?.worst ?? 0;
    const { scope, name } = incident;
    watched.set(record.id, {
      record,
      about: { scope, name },
      storedAtMs: record.watchedUntilMs,
      pids: null,
      memoryBytes: null,
      occurrences: counted,
      freshAtMs: clock.nowMs(),
    });
  }

  function look(): Promise<void> {
    looking = looking.then(lookAtAll).catch(deps.onError);
    return looking;
  }

  async function lookAtAll(): Promise<void> {
    const running = watched.size === 0 ? [] : deps.running();
    for (const each of watched.values()) {
      const nowMs = clock.nowMs();
      const own = running.filter((other) => isAbout(each, other));
      // A service never succeeds, and has no last update while it is started again.
      const { scope, name } = each.about;
      if (scope !== "lane") each.freshAtMs = Math.max(each.freshAtMs, deps.lastUpdateAtMs(name) ?? 0);
      const seen: Observation = {
        pids: highest([each.pids, ...own.map(({ pids }) => pids)]),
        memoryBytes: highest([each.memoryBytes, ...own.map(({ memoryBytes }) => memoryBytes)]),
        stalenessSeconds: Math.max(0, nowMs - each.freshAtMs) / 1000,
        occurrences: each.occurrences,
      };
      each.pids = null;
      each.memoryBytes = null;
      const before = each.record;
      each.record = observe(before, seen, nowMs);
      await keep(each, before, nowMs);
    }
  }

  async function keep(each: Watched, before: ValidationRecord, nowMs: number): Promise<void> {
    const { record } = each;
    const hasChanged = record.state !== before.state || JSON.stringify(record.rules) !== JSON.stringify(before.rules);
    if (!hasChanged && nowMs - each.storedAtMs < STORE_MS) return;
    await store.putValidation(record);
    each.storedAtMs = nowMs;
    if (record.state === "watching") return;
    watched.delete(record.id);
    deps.publish({
      kind: record.state === "passed" ? "validation.passed" : "validation.failed",
      atMs: nowMs,
      validationId: record.id,
      incidentId: record.incidentId,
      detail: record.rules.map(wordRule).join("; "),
    });
  }

  function hearEnd(event: Extract<RuntimeEvent, { kind: "attempt.ended" }>): void {
    for (const each of watched.values()) {
      if (!isAbout(each, event)) continue;
      each.pids = highest([each.pids, event.pidsPeak]);
      each.memoryBytes = highest([each.memoryBytes, event.memoryPeakBytes]);
      if (event.cause === "succeeded") each.freshAtMs = event.atMs;
    }
  }

  function hearOccurrence(incidentId: string): void {
    for (const each of watched.values()) if (each.record.incidentId === incidentId) each.occurrences += 1;
  }

  return {
    async add(validation) {
      await store.putValidation(validation);
      await take(validation);
    },
    hear(event) {
      if (watched.size === 0) return;
      if (event.kind === "attempt.ended") hearEnd(event);
      else if (event.kind === "incident.opened" || event.kind === "incident.recurred" || event.kind === "incident.regressed") hearOccurrence(event.incidentId);
    },
    look,
    async stop() {
      cancel();
      await looking;
    },
  };
}

/** Whether an attempt belongs to what the incident is about. */
function isAbout({ about: { scope, name } }: Watched, attempt: { readonly type: string; readonly lane: string }): boolean {
  if (scope === "runtime") return true;
  return scope === "lane" ? attempt.lane === name : attempt.type === name;
}

function highest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
