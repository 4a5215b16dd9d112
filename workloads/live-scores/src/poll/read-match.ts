import { isFinalText } from "../decode/final-text.ts";
import { decodeLive } from "../decode/live.ts";
import type { Names } from "../decode/names.ts";
import { decodeScorecard } from "../decode/scorecard.ts";
import { implausible } from "../decode/validate.ts";
import { groupsOfLive, groupsOfPage } from "../emit/groups.ts";
import { SourceError } from "../errors.ts";
import { implausiblePage, readInfoPage, readMatchPage } from "../pages/match-page.ts";
import type { Said } from "./report.ts";
import type { Source } from "./source.ts";

type AnswerSaid = Extract<Said, { kind: "answer" }>;

const NOTHING = { groups: {}, facts: {}, missing_codes: [], warnings: [] };

/** Asks for the live JSON and decodes it. @throws SourceError `rejected` for an update that cannot be true. */
export async function readLive(source: Source, names: Names): Promise<AnswerSaid> {
  const startedMs = performance.now();
  const state = decodeLive(await source.live(), names);
  const doubt = implausible(state);
  if (doubt !== null) throw new SourceError("rejected", doubt);
  return { kind: "answer", source: "live", ...NOTHING, groups: groupsOfLive(state), missing_codes: state.missing_codes.slice(0, 1000), took_ms: performance.now() - startedMs };
}

export async function readPage(source: Source): Promise<{ readonly said: AnswerSaid; readonly finalText: string | null }> {
  const startedMs = performance.now();
  const page = readMatchPage(await source.page());
  if (page === null) throw new SourceError("dom_changed", "the page of the match is not the one that is known");
  const doubt = implausiblePage(page);
  if (doubt !== null) throw new SourceError("rejected", doubt);
  const said: AnswerSaid = {
    kind: "answer",
    source: "page",
    ...NOTHING,
    groups: groupsOfPage(page),
    facts: { final_text: page.final_text },
    took_ms: performance.now() - startedMs,
  };
  return { said, finalText: isFinalText(page.final_text) ? page.final_text : null };
}

export async function readScorecard(source: Source, names: Names): Promise<AnswerSaid> {
  const startedMs = performance.now();
  const { scorecard, warnings, missing_codes } = decodeScorecard(await source.scorecard(), names);
  const kept = { warnings: warnings.slice(0, 100).map((text) => text.slice(0, 500)), missing_codes: missing_codes.slice(0, 1000) };
  return { kind: "answer", source: "scorecard", ...NOTHING, groups: { scorecard }, ...kept, took_ms: performance.now() - startedMs };
}

export async function readInfo(source: Source): Promise<AnswerSaid> {
  const startedMs = performance.now();
  return { kind: "answer", source: "info", ...NOTHING, facts: { info: readInfoPage(await source.info()) }, took_ms: performance.now() - startedMs };
}
