import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readDiscoveryPage } from "../src/pages/discovery-page.ts";
import { implausiblePage, readInfoPage, readMatchPage } from "../src/pages/match-page.ts";

const path = (key: string): string => `/scoreboard/${key}/1GT/3rd-ODI/P/R/one-vs-two/live`;

describe("the discovery page", () => {
  const lists: readonly (readonly [string, string, readonly string[]])[] = [
    ["the element after the marker's parent", `<div class="live-card"><div><i class="live">L</i></div><a href="${path("A")}">x</a></div>`, ["A"]],
    ["the element after its grandparent", `<div class="live-card"><div><p><i class="live">L</i></p></div><a href="https://crex.com${path("B")}?x=1">x</a></div>`, ["B"]],
    ["the first link of the card", `<div class="big live-card"><a href="${path("C")}">x</a><section><p><b><i class="live">L</i></b></p></section></div>`, ["C"]],
    ["the link around it", `<div class="live-card"><a href="/news">n</a><a href="${path("D")}"><span><i class="live">L</i></span></a></div>`, ["D"]],
    ["a card by its test id", `<div data-testid="live-card"><div><i class="live">L</i></div><a href="${path("E")}">x</a></div>`, ["E"]],
    ["a marker by its status", `<div><div><i data-status="live">L</i></div><a href="${path("F")}">x</a></div>`, ["F"]],
    ["cards in a list, without markers", `<ul><li class="live-card"><a href="${path("G")}">x</a><a href="/other">y</a></li></ul>`, ["G"]],
    ["cards without markers", `<div class="live-card"><a href="${path("H")}">x</a></div>`, ["H"]],
    [
      "each once, in the order of the page",
      [..."IJI"].map((key) => `<div class="live-card"><div><i class="live">L</i></div><a href="${path(key)}">x</a></div>`).join(""),
      ["I", "J"],
    ],
    ["the frame without matches", `<main class="live-matches"></main>`, []],
    ["words that say so", `<p>There are no live matches now</p>`, []],
  ];
  for (const [name, html, keys] of lists)
    it(name, () => {
      const page = readDiscoveryPage(`<html><body>${html}</body></html>`);
      assert.deepEqual(page, { kind: "list", urls: keys.map(path), isComplete: true, warnings: [] });
    });

  it("is not complete while a marker leads nowhere", () => {
    const page = readDiscoveryPage(
      `<div class="live-card"><i class="live">L</i><a href="${path("A")}">x</a></div><div class="live-card"><i class="live">L</i><b>${path("B")}</b></div>`,
    );
    assert.deepEqual(page, { kind: "list", urls: [path("A")], isComplete: false, warnings: ["a live marker has no link to a match"] });
  });

  const others: readonly (readonly [string, string])[] = [
    ["another page", "<html><body><h1>Sorry</h1></body></html>"],
    ["nothing", ""],
    ["cards under another name", `<div class="live-matches"><div class="tile"><a href="${path("A")}">x</a></div></div>`],
    ["no match, but not the matches of the list", "<h1>Oops</h1><p>No match found for your request. Ref 8821</p>"],
    ...["script", "style", "template", "noscript"].map((tag) => [`words in a ${tag}`, `<app-root></app-root><${tag}>{"empty":"No live matches at the moment"}</${tag}>`] as const),
    ["markers that lead nowhere", `<div class="live-card"><i class="live">L</i></div>`],
  ];
  for (const [name, html] of others) it(`is not recognised: ${name}`, () => assert.equal(readDiscoveryPage(html).kind, "unrecognised"));
});

describe("the page of a match", () => {
  const html = `<div class="result-box"><span> Four </span><span>Four</span><span>Wide</span></div><div class="team-run-rate"><span class="data">5.21</span></div>
    <div class="final-result m-none">Ayland won by 3 runs</div>
    <div class="team-content"><div class="team-name">AYL</div><div class="runs"><span>106/4</span><span>31.1</span></div></div><div class="team-content"><div class="team-name">BEE</div></div>
    <div id="slideOver"><div class="overs-slide"><span>Over 31</span><i class="over-ball">1</i><i class="over-ball">w</i><b class="total">= 1</b></div></div>`;
  it("is read", () => {
    assert.deepEqual(readMatchPage(html), {
      result_texts: ["Four", "Wide"],
      final_text: "Ayland won by 3 runs",
      crr: "5.21",
      teams: [
        { name: "AYL", score: "106/4", over: "31.1" },
        { name: "BEE", score: "0/0", over: "0.0" },
      ],
      overs: [{ over: "Over 31", balls: ["1", "w"], total: "= 1" }],
    });
  });
  it("is not any page", () => assert.equal(readMatchPage("<h1>Sorry</h1>"), null));
  it("cannot say everything", () => {
    const page = (score: string, over: string) => ({ teams: [{ name: "AYL", score, over }] });
    assert.deepEqual(
      [page("1/2", "3.6"), page("1/2", "3.7"), page("-1/2", "3.1"), page("1/11", "3.1"), page("Yet to bat", "")].map((each) => implausiblePage(each) === null),
      [true, false, false, false, true],
    );
  });
});

describe("the info page", () => {
  it("is read", () => {
    const html = `<div class="toss-wrap"><p>Ayland won the toss</p></div><p class="match-date">1 Jan</p><p class="match-venue">Oval</p><a class="s-name">Cup</a>`;
    assert.deepEqual(readInfoPage(html), { toss: "Ayland won the toss", date: "1 Jan", venue: "Oval", series: "Cup" });
  });
});
