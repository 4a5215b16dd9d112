import { familyOf, TROUBLE_ENDS_MAX, type Cause, type RuntimeEvent, type Trip, type TroubleEnd } from "../model/index.ts";
import { createAlarm, type Clock } from "../platform/index.ts";
import type { JournalPort } from "../store/ports.ts";
import { afterEnd, afterRestart, allowedOf, atTime, beginRamp, nextChangeMs, STEADY, type HealingRule, type Health, type Outcome } from "./health.ts";
import { EMPTY_WINDOW } from "./intensity.ts";
import type { Healer, TripScope, TripView } from "./ports.ts";

export interface HealerDeps {
  readonly clock: Clock;
  readonly journal: Pick<JournalPort, "book" | "putBook">;
  /** null: nothing ever trips. */
  readonly rule: HealingRule | null;
  /** How many a lane or type may run at once when it is well. */
  full(scope: TripScope, name: string): number;
  publish(event: RuntimeEvent): void;
  /** With the ends that made it trip: for the record. */
  onTrip(trip: Trip): void;
  /** What may be started has changed. */
  onChange(): void;
  onError(error: unknown): void;
}

const BOOK = "healing";

/** Keeps the health of every lane and type: in memory while it is steady, on disk from the first trip to the end of the ramp. */
export async function openHealer(deps: HealerDeps): Promise<Healer> {
  const { clock, rule } = deps;
  const all = new Map<string, Health>();
  /** Those that are not steady: the dispatcher asks of each claim, and nearly always there are none. */
  const restricted = new Map<string, Health>();
  /** The last failures that counted, of each. */
  const failures = new Map<string, readonly TroubleEnd[]>();
  const alarm = createAlarm(clock, onAlarm);
  if (rule !== null) {
    for (const { key, record } of await deps.journal.book(BOOK)) set(key, afterRestart(readHealth(record), clock.nowMs()));
    setAlarm();
  }

  function set(key: string, health: Health): void {
    all.set(key, health);
    if (health.kind === "steady") restricted.delete(key);
    else restricted.set(key, health);
  }

  function setAlarm(): void {
    if (rule === null) return;
    for (const health of restricted.values()) alarm.at(nextChangeMs(health, rule) ?? Number.POSITIVE_INFINITY);
  }

  function onAlarm(): void {
    for (const key of restricted.keys()) lookAt(key);
    setAlarm();
  }

  function lookAt(key: string): void {
    const health = all.get(key);
    if (rule === null || health === undefined) return;
    change(key, health, atTime(health, clock.nowMs(), deps.full(...partsOf(key)), rule));
  }

  /** Only what others must know is published and stored: a trip, a step of the ramp, the recovery. */
  function change(key: string, before: Health, after: Health): void {
    if (after === before) return;
    set(key, after);
    const isNews = after.kind !== before.kind || allowedOf(after) !== allowedOf(before);
    if (!isNews) return;
    const [scope, name] = partsOf(key);
    deps.publish(wordChange(scope, name, after, clock.nowMs()));
    if (after.kind === "tripped") tellTrip(key, after);
    store(key, after);
    setAlarm();
    deps.onChange();
  }

  function tellTrip(key: string, { reason, sinceMs, untilMs, trips }: Extract<Health, { kind: "tripped" }>): void {
    const [scope, name] = partsOf(key);
    const fromMs = sinceMs - (rule?.intensity.windowMs ?? 0);
    const ends = (failures.get(key) ?? []).filter(({ atMs }) => atMs > fromMs);
    failures.delete(key);
    deps.onTrip({ scope, name, reason, atMs: sinceMs, untilMs, trips, ends });
  }

  function store(key: string, health: Health): void {
    const record = health.kind === "steady" && health.trips === 0 ? null : JSON.stringify(health.kind === "steady" ? { ...health, window: EMPTY_WINDOW } : health);
    deps.journal.putBook(BOOK, [{ key, record }]).catch(deps.onError);
  }

  function observe(scope: TripScope, name: string, outcome: Outcome, end: TroubleEnd): void {
    if (rule === null) return;
    const key = keyOf(scope, name);
    const before = all.get(key) ?? STEADY;
    const after = afterEnd(before, outcome, rule);
    if (outcome.failed && after !== before) failures.set(key, [...(failures.get(key) ?? []), end].slice(-TROUBLE_ENDS_MAX));
    // An end may also be what a step of the ramp was waiting for.
    change(key, before, atTime(after, end.atMs, deps.full(scope, name), rule));
    if (restricted.has(key)) setAlarm();
  }

  return {
    observe({ attemptId, jobId, lane, type, cause, incidentId, startedAtMs, atMs }) {
      const failed = failureOf(cause);
      if (failed === null) return;
      const end: TroubleEnd = { attemptId, jobId, type, lane, cause, incidentId, atMs };
      observe("type", type, { startedAtMs, atMs, failed: failed !== "none" }, end);
      // A program that throws says nothing against its lane; one that dies may be its neighbours' trouble.
      observe("lane", lane, { startedAtMs, atMs, failed: failed === "death" }, end);
    },
    limit(scope, name, usual) {
      if (restricted.size === 0) return usual;
      const health = restricted.get(keyOf(scope, name));
      const allowed = health === undefined ? null : allowedOf(health);
      return allowed === null ? usual : Math.min(allowed, usual ?? Number.POSITIVE_INFINITY);
    },
    trips: () => [...restricted].map(([key, health]) => viewOf(...partsOf(key), health, deps.full(...partsOf(key)))),
    trip(scope, name) {
      const health = restricted.get(keyOf(scope, name));
      return health === undefined ? null : viewOf(scope, name, health, deps.full(scope, name));
    },
    ramp(scope, name, reason) {
      const key = keyOf(scope, name);
      const before = all.get(key) ?? STEADY;
      if (rule === null) return;
      change(key, before, beginRamp(before.trips, before.kind === "steady" ? reason : before.reason, clock.nowMs()));
    },
    close: () => alarm.cancel(),
  };
}

/** JSON that this room wrote itself. */
function readHealth(record: string): Health {
  const health: Health = JSON.parse(record);
  return health;
}

/** null: nobody's failure. What was lost with a runtime, or cancelled, says nothing about lane or type. */
function failureOf(cause: Cause): "none" | "error" | "death" | null {
  const family = familyOf(cause);
  if (family === "none" || cause === "lost") return null;
  return family === "success" ? "none" : family;
}

function wordChange(scope: TripScope, name: string, health: Health, atMs: number): RuntimeEvent {
  switch (health.kind) {
    case "tripped":
      return { kind: "lane.tripped", atMs, scope, name, reason: health.reason, untilAtMs: health.untilMs, trips: health.trips };
    case "ramping":
      return { kind: "lane.ramped", atMs, scope, name, allowed: health.allowed };
    case "steady":
      return { kind: "lane.recovered", atMs, scope, name };
  }
}

function viewOf(scope: TripScope, name: string, health: Health, full: number): TripView {
  if (health.kind === "steady") return { scope, name, state: "steady", allowed: full, full, trips: health.trips, reason: "", sinceMs: health.sinceMs, untilMs: null };
  const untilMs = health.kind === "tripped" ? health.untilMs : null;
  return { scope, name, state: health.kind, allowed: allowedOf(health) ?? full, full, trips: health.trips, reason: health.reason, sinceMs: health.sinceMs, untilMs };
}

function keyOf(scope: TripScope, name: string): string {
  return `${scope}:${name}`;
}

function partsOf(key: string): [TripScope, string] {
  return [key.startsWith("lane:") ? "lane" : "type", key.slice(key.indexOf(":") + 1)];
}
