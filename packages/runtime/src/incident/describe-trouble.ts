import { createHash } from "node:crypto";
import { formatDuration, TROUBLE_ENDS_MAX, type Fact, type IncidentScope, type Trip, type Trouble, type TroubleEnd, type TroubleKind } from "../model/index.ts";

const TITLE_MAX = 160;

interface Named {
  readonly cause: TroubleKind;
  readonly scope: IncidentScope;
  readonly name: string;
}

/** The same lane, type or service in the same kind of trouble is the same incident. */
function idOf({ cause, scope, name }: Named): string {
  return `i_${createHash("sha256").update(`${cause}\n${scope}\n${name}`).digest("hex").slice(0, 32)}`;
}

function titled({ scope, name }: Named, text: string): string {
  const title = `${scope}${name === "" ? "" : ` ${name}`}: ${text}`;
  return title.length <= TITLE_MAX ? title : `${title.slice(0, TITLE_MAX - 1)}…`;
}

/** A lane or type tripped: what failed, and what was held back. */
export function describeTrip(trip: Trip, release: string | null): Trouble {
  const { scope, name, reason, atMs, untilMs, trips, ends } = trip;
  const named: Named = { cause: "tripped", scope, name };
  const facts: readonly Fact[] = [...countEnds(ends), { fact: "trips in a row", value: trips, source: "healing" }];
  const done: readonly Fact[] = [
    { fact: "nothing more was started in it for", value: formatDuration(untilMs - atMs), source: "healing: cooldown" },
    { fact: "then it is tried one at a time, and doubled while nothing fails; not before", value: new Date(untilMs).toISOString(), source: "healing: ramp" },
  ];
  return { ...named, incidentId: idOf(named), title: titled(named, `tripped · ${mostly(ends)}`), atMs, release, detail: { reason: sentence(reason), facts, ends, done } };
}

/** Restarts did not help a service. */
export function describeEscalation(
  event: { readonly service: string; readonly text: string; readonly to: "runtime" | "stop"; readonly atMs: number },
  ends: readonly TroubleEnd[],
  release: string | null,
): Trouble {
  const named: Named = { cause: "escalated", scope: "service", name: event.service };
  const done: Fact =
    event.to === "runtime"
      ? { fact: "it stays down, and the runtime was asked to end", value: "exit code 90, for whoever starts it anew", source: "service: escalate" }
      : { fact: "it stays down until somebody starts it", value: `cofferdam services start ${event.service}`, source: "service: escalate" };
  const facts: readonly Fact[] = countEnds(ends);
  return {
    ...named,
    incidentId: idOf(named),
    title: titled(named, "restarts did not help"),
    atMs: event.atMs,
    release,
    detail: { reason: sentence(event.text), facts, ends, done: [done] },
  };
}

/** Workers do not come up: nothing can run. */
export function describeWorkersFailing(
  event: { readonly failures: number; readonly detail: string; readonly atMs: number; readonly untilAtMs: number | null },
  release: string | null,
): Trouble {
  const named: Named = { cause: "workers-failing", scope: "runtime", name: "" };
  const facts: readonly Fact[] = [
    { fact: "workers in a row that did not start", value: event.failures, source: "supervisor: worker starts" },
    { fact: "the last one", value: event.detail, source: "supervisor: worker starts" },
  ];
  const held: Fact = {
    fact: "no worker was started before",
    value: event.untilAtMs === null ? null : new Date(event.untilAtMs).toISOString(),
    source: "healing: worker starts",
  };
  const reason = `${event.failures} workers in a row did not start; the last one: ${event.detail}`;
  return {
    ...named,
    incidentId: idOf(named),
    title: titled(named, "workers do not start"),
    atMs: event.atMs,
    release,
    detail: { reason: sentence(reason), facts, ends: [], done: [held] },
  };
}

/** Breakers that opened shortly after one another. */
export interface Opened {
  readonly key: string;
  readonly by: string;
  readonly atMs: number;
  readonly evidence: string | null;
}

const BREAKERS_SHOWN = 10;

/** Many targets refuse us at once: the trouble is more likely ours than theirs. */
export function describeBreakerStorm(opened: readonly Opened[], windowMs: number, release: string | null): Trouble {
  const named: Named = { cause: "breaker-storm", scope: "runtime", name: "" };
  const atMs = Math.max(...opened.map((each) => each.atMs));
  const reason = `${opened.length} breakers opened within ${formatDuration(windowMs)}: so many targets refuse at once rather because of us than of themselves`;
  const facts: readonly Fact[] = opened
    .slice(-BREAKERS_SHOWN)
    .map(({ key, by, evidence }) => ({ fact: `breaker ${key} opened`, value: evidence ?? "no evidence was given", source: `breaker, by ${by}` }));
  const done: Fact = { fact: "jobs that ask these breakers are refused until they are tried again", value: "cofferdam breakers", source: "breakers" };
  return {
    ...named,
    incidentId: idOf(named),
    title: titled(named, "many breakers opened at once"),
    atMs,
    release,
    detail: { reason: sentence(reason), facts, ends: [], done: [done] },
  };
}

/** "over-memory 4, failed 1" as a fact, and how many there are. */
function countEnds(ends: readonly TroubleEnd[]): readonly Fact[] {
  if (ends.length === 0) return [];
  const more = ends.length >= TROUBLE_ENDS_MAX ? ` (the last ${TROUBLE_ENDS_MAX})` : "";
  const words = rank(ends).map(([cause, count]) => `${cause} ${count}`);
  return [{ fact: `failures that counted${more}, by cause`, value: words.join(", "), source: "journal: attempts" }];
}

function mostly(ends: readonly TroubleEnd[]): string {
  const [first, ...others] = rank(ends);
  if (first === undefined) return "failures";
  return others.length === 0 ? `only ${first[0]}` : `mostly ${first[0]}`;
}

/** Causes by how often they are there. */
function rank(ends: readonly TroubleEnd[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { cause } of ends) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?…]$/.test(trimmed) ? "" : "."}`;
}
