import { GROUPS, type Facts, type Group, type GroupValues } from "./groups.ts";

/** What is kept of a match between two answers, and over restarts. */
export interface MatchState {
  /** Of the last emission; 0 before the first. */
  readonly seq: number;
  /** The last emitted value of each group. */
  readonly emitted: GroupValues;
  /** Result texts that have been emitted. */
  readonly seenTexts: readonly string[];
  /** Codes without a name that have been logged. */
  readonly loggedCodes: readonly string[];
  readonly facts: Facts;
}

export interface Emission {
  readonly seq: number;
  readonly group: Group;
  readonly payload: unknown;
}

export interface Answer {
  readonly groups: GroupValues;
  readonly facts: Facts;
  readonly missingCodes: readonly string[];
}

export interface Change {
  readonly state: MatchState;
  readonly emissions: readonly Emission[];
  /** Codes that nobody knew before. */
  readonly newCodes: readonly string[];
  /** Whether there is anything to be remembered. */
  readonly isChanged: boolean;
}

export function freshState(seq: number): MatchState {
  return { seq, emitted: {}, seenTexts: [], loggedCodes: [], facts: {} };
}

/** Result texts of the past that are remembered; a text that comes again after so many others is a new one. */
const TEXTS_MAX = 1000;
const CODES_MAX = 2000;

/** What an answer changes: only groups whose value differs from the one emitted last. The same answer again changes nothing. Pure. */
export function applyAnswer(state: MatchState, { groups, facts, missingCodes }: Answer): Change {
  const emissions: Emission[] = [];
  const emitted: Record<string, unknown> = { ...state.emitted };
  let { seenTexts } = state;
  for (const group of GROUPS) {
    const value = groups[group];
    if (value === undefined) continue;
    const payload = group === "result_texts" ? newTexts(groups.result_texts ?? [], seenTexts) : changed(value, state.emitted[group]);
    if (payload === null) continue;
    emissions.push({ seq: state.seq + emissions.length + 1, group, payload });
    emitted[group] = value;
    if (group === "result_texts") seenTexts = [...seenTexts, ...(groups.result_texts ?? []).filter((text) => !seenTexts.includes(text))].slice(-TEXTS_MAX);
  }
  const newCodes = missingCodes.filter((code) => !state.loggedCodes.includes(code));
  return {
    state: {
      seq: state.seq + emissions.length,
      emitted: emitted as GroupValues,
      seenTexts,
      loggedCodes: newCodes.length === 0 ? state.loggedCodes : [...state.loggedCodes, ...newCodes].slice(-CODES_MAX),
      facts: { ...state.facts, ...facts },
    },
    emissions,
    newCodes,
    isChanged: emissions.length > 0 || newCodes.length > 0 || JSON.stringify({ ...state.facts, ...facts }) !== JSON.stringify(state.facts),
  };
}

/** Values are compared as they are written: the order of their keys is the decoder's own and always the same. */
function changed(value: unknown, last: unknown): unknown {
  return last !== undefined && JSON.stringify(value) === JSON.stringify(last) ? null : value;
}

/** A text is emitted once, when it first appears. */
function newTexts(texts: readonly string[], seen: readonly string[]): { readonly texts: readonly string[]; readonly new_texts: readonly string[] } | null {
  const fresh = texts.filter((text) => !seen.includes(text));
  return fresh.length === 0 ? null : { texts, new_texts: fresh };
}
