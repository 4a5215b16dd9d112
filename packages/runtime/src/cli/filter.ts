import { CAUSES, CofferdamError, JOB_STATES, suggestName } from "../model/index.ts";
import { parseMoment } from "./moment.ts";

/** A job filter in the API's names. */
export interface FilterQuery {
  /** By comma. */
  readonly state?: string;
  readonly type?: string;
  readonly lane?: string;
  readonly tag?: string;
  readonly cause?: string;
  readonly q?: string;
  readonly since?: string;
  readonly before?: string;
}

const KEYS = ["state", "type", "lane", "tag", "cause", "text", "since", "before"] as const;
type Key = (typeof KEYS)[number];
export type WrittenFilter = Readonly<Partial<Record<Key, string | readonly string[] | undefined>>>;

/** "key=value" texts of --filter. */
export function parseFilters(texts: readonly string[]): WrittenFilter {
  const written: Partial<Record<Key, string | string[]>> = {};
  for (const text of texts) {
    const at = text.indexOf("=");
    const name = at === -1 ? text : text.slice(0, at);
    const key = KEYS.find((known) => known === name);
    if (key === undefined || at === -1 || at === text.length - 1) {
      throw new CofferdamError("invalid_option", `--filter: ${JSON.stringify(text)} is not a filter${key === undefined ? suggestName(name, KEYS) : ""}`, {
        hint: `Write key=value with one of: ${KEYS.join(", ")}.`,
      });
    }
    const value = text.slice(at + 1);
    if (key === "state") written.state = [...(written.state ?? []), ...value.split(",")];
    else if (written[key] === undefined) written[key] = value;
    else throw new CofferdamError("invalid_option", `--filter: ${key} is given twice`, { hint: "Only state can be repeated." });
  }
  return written;
}

export function filterQuery(written: WrittenFilter, nowMs: number): FilterQuery {
  const state = written.state === undefined ? [] : [written.state].flat();
  for (const name of state) checkName(name, JOB_STATES, "state");
  if (written.cause !== undefined) checkName(String(written.cause), CAUSES, "cause");
  const query: Record<string, unknown> = { type: written.type, lane: written.lane, tag: written.tag, cause: written.cause, q: written.text };
  if (state.length > 0) query.state = state.join(",");
  if (written.since !== undefined) query.since = pastTime(String(written.since), "since", nowMs);
  if (written.before !== undefined) query.before = pastTime(String(written.before), "before", nowMs);
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

function pastTime(text: string, name: string, nowMs: number): string {
  return new Date(parseMoment(text, name, nowMs, "past")).toISOString();
}

function checkName(name: string, known: readonly string[], what: string): void {
  if (known.includes(name)) return;
  throw new CofferdamError("invalid_option", `there is no ${what} ${JSON.stringify(name)}${suggestName(name, known)}`, { hint: `It is one of: ${known.join(", ")}.` });
}
