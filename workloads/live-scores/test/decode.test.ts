import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isFinalText } from "../src/decode/final-text.ts";
import { decodeLive } from "../src/decode/live.ts";
import { createNames, createResolver } from "../src/decode/names.ts";
import { decodeScorecard, oversOf, readCardBowler } from "../src/decode/scorecard.ts";
import { implausible } from "../src/decode/validate.ts";

const names = createNames({
  t_AA_name: "Ayland",
  t_AA_short: "AYL",
  t_BB_name: "Beeland",
  p_11_name: "Ada Able",
  p_12_name: "Bo Best",
  p_F7_name: "Cy Cole",
  t_AA_uc: "#fff",
  p_13_short: "D. Doe",
});
const NOTHING = {
  current_ball: { code: "", text: "" },
  favourite: { code: "", name: "Unknown Team" },
  odds: { back: "0", lay: "0" },
  sessions: [],
  teams: [],
  innings: [],
  batsmen: [],
  bowler: null,
  missing_codes: [],
};

describe("decoding the live JSON", () => {
  const cases: readonly (readonly [string, Record<string, unknown>, object])[] = [
    ["nothing at all", {}, {}],
    ["a ball by its code", { B: "^2" }, { current_ball: { code: "^2", text: "Caught Out" } }],
    ["a ball as a number", { B: 4 }, { current_ball: { code: "4", text: "4" } }],
    ["a ball named like a member of objects", { B: "constructor" }, { current_ball: { code: "constructor", text: "constructor" } }],
    ["the favourite by short name, any case", { F: "^ayl^" }, { favourite: { code: "ayl", name: "Ayland" } }],
    ["the favourite by full name", { F: "BEELAND" }, { favourite: { code: "BEELAND", name: "Beeland" } }],
    ["a favourite of carets alone", { F: "^^" }, {}],
    ["odds", { R: "12+3" }, { odds: { back: "12", lay: "15" } }],
    ["odds that are not whole", { R: "1.5+2" }, { odds: { back: "1.5", lay: "1.5" } }],
    ["odds without a difference", { R: "7" }, { odds: { back: "7", lay: "7" } }],
    [
      "sessions by position",
      { D: "6,10,20", Z: "44+2,0+0,7.5+1" },
      {
        sessions: [
          { over: "6", back: "44", lay: "46" },
          { over: "10", back: "-", lay: "-" },
          { over: "20", back: "7.5", lay: "7.5" },
        ],
      },
    ],
    ["a session written as a number", { D: 10, Z: "44+2" }, { sessions: [{ over: "10", back: "44", lay: "46" }] }],
    [
      "teams",
      { a: "AA.BB" },
      {
        teams: [
          { code: "AA", name: "Ayland" },
          { code: "BB", name: "Beeland" },
        ],
      },
    ],
    [
      "an unknown team",
      { a: "AA.ZZ" },
      {
        teams: [
          { code: "AA", name: "Ayland" },
          { code: "ZZ", name: "ZZ" },
        ],
        missing_codes: ["t_ZZ"],
      },
    ],
    [
      "totals",
      { j: "106/10(31.1", k: "0/0(0.0)" },
      {
        innings: [
          { text: "106/10(31.1", runs: 106, wickets: 10, overs: "31.1" },
          { text: "0/0(0.0)", runs: 0, wickets: 0, overs: "0.0" },
        ],
      },
    ],
    ["a total of another form", { j: "soon" }, { innings: [{ text: "soon", runs: null, wickets: null, overs: null }] }],
    [
      "batsmen, one of them unknown",
      { p: "11.6A5", q: "11.33*", r: "0.0.6.2", s: "2.21", t: "0.0.7.2" },
      {
        batsmen: [
          { code: "11", name: "Ada Able", runs: 11, balls: 33, fours: 0, sixes: 0, on_strike: true, stat_3: 6, stat_4: 2 },
          { code: "6A5", name: "6A5", runs: 2, balls: 21, fours: 0, sixes: 0, on_strike: false, stat_3: 7, stat_4: 2 },
        ],
        missing_codes: ["p_6A5"],
      },
    ],
    [
      "only the second batsman",
      { p: ".12", s: "x.4*" },
      { batsmen: [{ code: "12", name: "Bo Best", runs: 0, balls: 4, fours: 0, sixes: 0, on_strike: true, stat_3: 0, stat_4: 0 }] },
    ],
    ["empty codes", { p: "", b: "", a: "", j: "" }, {}],
    ["a bowler", { b: "F7", c: "0.6.0.6" }, { bowler: { code: "F7", name: "Cy Cole", runs: 0, balls: 6, wickets: 0, dots: 6 } }],
    [
      "a bowler whose figures are no numbers",
      { b: "13", c: "-.x" },
      { bowler: { code: "13", name: "13", runs: null, balls: null, wickets: null, dots: null }, missing_codes: ["p_13"] },
    ],
    [
      "a code twice",
      { a: "ZZ.ZZ", F: "ZZ" },
      {
        favourite: { code: "ZZ", name: "ZZ" },
        teams: [
          { code: "ZZ", name: "ZZ" },
          { code: "ZZ", name: "ZZ" },
        ],
        missing_codes: ["t_ZZ"],
      },
    ],
  ];
  for (const [name, body, expected] of cases) it(name, () => assert.deepEqual(decodeLive(body, names), { ...NOTHING, ...expected }));

  it("leaves body and names as they are: the same again gives the same", () => {
    const body = Object.freeze({ a: "AA.ZZ", F: "ayl" });
    assert.deepEqual(decodeLive(body, names), decodeLive(body, names));
  });
});

describe("what cannot be true", () => {
  const cases: readonly (readonly [Record<string, unknown>, boolean])[] = [
    [{ j: "106/10(31.6" }, false],
    [{ j: "-1/2(3.1" }, true],
    [{ j: "10/11(3.1" }, true],
    [{ j: "10/-1(3.1" }, true],
    [{ j: "10/1(3.7" }, true],
    [{ p: "11", q: "-3.2" }, true],
    [{ b: "F7", c: "3.2.11.0" }, true],
    [{ j: "soon" }, false],
  ];
  for (const [body, isRejected] of cases) it(JSON.stringify(body), () => assert.equal(implausible(decodeLive(body, names)) !== null, isRejected));
});

describe("decoding the scorecard", () => {
  it("labels innings, keys by name, tells equal names apart", () => {
    const twins = createNames({ p_1_name: "A. Same", p_2_name: "A. Same", t_AA_name: "Ayland" });
    const { scorecard, warnings } = decodeScorecard([{ c: "AA", d: "9/1", b: ["1", "2.1.2.3.4", "X3.1.2"], a: ["1.35.24.0.2", "2.35.24"] }, { c: "BB" }], twins);
    assert.deepEqual(Object.keys(scorecard), ["1st_inning", "2nd_inning"]);
    const first = scorecard["1st_inning"];
    assert.equal(first?.team.name, "Ayland");
    assert.deepEqual(
      Object.entries(first?.batsmen ?? {}).map(([name, { code, status }]) => [name, code, status]),
      [
        ["A. Same", "1", "yet_to_bat"],
        ["A. Same [2]", "2", "currently_batting"],
        ["X3", "X3", "unknown"],
      ],
    );
    assert.deepEqual(first?.bowlers, { "A. Same": { code: "1", overs: "4.0", runs: 35, maidens: 0, wickets: 2 } });
    assert.equal(warnings.length, 1);
  });

  it("reads how a batsman went, up to the first slash", () => {
    const { scorecard } = decodeScorecard([{ b: ["12.44.39.7.0.66.86.2.F7.11/25.29-184.30/"] }], names);
    assert.deepEqual(scorecard["1st_inning"]?.batsmen["Bo Best"], {
      code: "12",
      status: "dismissed",
      runs: 44,
      balls: 39,
      fours: 7,
      sixes: 0,
      dismissal: { over: "66", score: "86", kind: "2", bowler: { code: "F7", name: "Cy Cole" }, catcher: { code: "11", name: "Ada Able" } },
    });
  });

  it("counts overs from balls and rejects short bowlers", () => {
    assert.deepEqual([24, 29, 0, null].map(oversOf), ["4.0", "4.5", "0.0", null]);
    assert.equal(readCardBowler("T8.35.24", createResolver(names)), null);
  });
});

describe("texts that end a match", () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ["NZ won by 7 wickets", true],
    ["India won the toss", false],
    ["Ayland WON THE match", true],
    ["Match drawn", true],
    ["The match was tied (Ayland win the toss)", false],
    ["No  result", true],
    ["withdrawn batsman", false],
    ["Abandoned without a ball", true],
    ["Need 3 to win", false],
    ["", false],
  ];
  for (const [text, isFinal] of cases) it(JSON.stringify(text), () => assert.equal(isFinalText(text), isFinal));
});
