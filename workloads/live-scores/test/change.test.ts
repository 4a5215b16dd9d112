import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeLive } from "../src/decode/live.ts";
import { createNames } from "../src/decode/names.ts";
import { applyAnswer, freshState, type Answer, type MatchState } from "../src/emit/change.ts";
import { currentInnings, groupsOfLive } from "../src/emit/groups.ts";

const names = createNames({ t_AA_name: "Ayland", t_BB_name: "Beeland" });

function live(body: Record<string, unknown>): Answer {
  const state = decodeLive(body, names);
  return { groups: groupsOfLive(state), facts: {}, missingCodes: state.missing_codes };
}

function feed(state: MatchState, ...answers: readonly Answer[]): { readonly state: MatchState; readonly said: readonly string[] } {
  const said: string[] = [];
  let now = state;
  for (const answer of answers) {
    const change = applyAnswer(now, answer);
    said.push(...change.emissions.map(({ seq, group }) => `${seq} ${group}`));
    now = change.state;
  }
  return { state: now, said };
}

const BODY = { B: "o", a: "AA.BB", j: "10/1(2.3", R: "1+1" };

describe("change", () => {
  it("emits each group once over equal answers", () => {
    assert.deepEqual(feed(freshState(0), live(BODY), live(BODY), live({ ...BODY, zz: 5 })).said, ["1 score", "2 odds", "3 batsmen"]);
  });
  it("emits only what differs, without a gap", () => {
    assert.deepEqual(feed(freshState(7), live(BODY), live({ ...BODY, R: "1+2" }), live({ ...BODY, B: "w" })).said, [
      "8 score",
      "9 odds",
      "10 batsmen",
      "11 odds",
      "12 score",
      "13 odds",
    ]);
  });
  it("goes on after a restart as if there had been none", () => {
    const before = feed(freshState(0), live(BODY)).state;
    const after: MatchState = JSON.parse(JSON.stringify(before));
    assert.deepEqual(feed(after, live(BODY)).said, []);
    assert.deepEqual(feed(after, live({ ...BODY, B: "4" })).said, ["4 score"]);
  });
  it("emits a result text when it first appears", () => {
    const texts = (...result_texts: string[]): Answer => ({ groups: { result_texts }, facts: {}, missingCodes: [] });
    assert.deepEqual(feed(freshState(0), texts(), texts("a"), texts("a", "b"), texts(), texts("b"), texts("c")).said, ["1 result_texts", "2 result_texts", "3 result_texts"]);
  });
  it("tells of a missing code once", () => {
    const first = applyAnswer(freshState(0), live({ a: "AA.ZZ" }));
    assert.deepEqual([first.newCodes, applyAnswer(first.state, live({ a: "AA.ZZ" })).newCodes], [["t_ZZ"], []]);
  });
  it("knows whose innings it is", () => {
    const score = (j: string, k: string) =>
      currentInnings(groupsOfLive(decodeLive({ a: "AA.BB", j, k }, names)).score ?? { current_ball: { code: "", text: "" }, teams: [], innings: [] });
    assert.deepEqual(
      [score("10/1(2.3", "0/0(0.0"), score("10/1(2.3", "4/0(0.2"), score("", "")].map(({ team, text, overs }) => `${team} ${text} ${overs}`),
      ["Ayland 10/1 2.3", "Beeland 4/0 0.2", "Ayland  "],
    );
  });
});
