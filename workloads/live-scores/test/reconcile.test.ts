import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isTest, readMatchUrl, siblingPath } from "../src/match/match-url.ts";
import { createReplay } from "../src/reconcile/replay.ts";
import { reconcile } from "../src/reconcile/reconcile.ts";

/** Each cycle is a list such as "A B", "" for an empty one, or "!" for a failure. */
function replayed(...cycles: readonly string[]): string[] {
  const replay = createReplay();
  return cycles.flatMap((cycle, index) =>
    replay
      .next(
        JSON.stringify(
          cycle === "!"
            ? { ts: `${index + 1}`, error: "timeout" }
            : {
                ts: `${index + 1}`,
                urls: cycle
                  .split(" ")
                  .filter(Boolean)
                  .map((name) => `/scoreboard/${name}`),
              },
        ),
      )
      .map(({ ts, event, url }) => `${ts} ${event} ${url.slice(12)}`),
  );
}

describe("reconcile", () => {
  it("gives a match two lists before it is gone, and revives it", () => {
    assert.deepEqual(replayed("A", "", "A", "", "", "A"), ["1 added A", "5 deleted A", "6 revived A"]);
  });
  it("does not take a failure for a list", () => {
    assert.deepEqual(replayed("A", "", "!", "!", "A", "!", "", "!", ""), ["1 added A", "9 deleted A"]);
  });
  it("puts deletions first, then additions in the order of the list", () => {
    assert.deepEqual(replayed("A B", "C", "E D C"), ["1 added A", "1 added B", "2 added C", "3 deleted A", "3 deleted B", "3 added E", "3 added D"]);
  });
  it("takes a match once that is listed twice", () => {
    assert.deepEqual(replayed("A A", "A A"), ["1 added A"]);
  });
  it("leaves ended matches alone, listed or not", () => {
    const ended = { matchKey: "A", url: "/a", state: "ended", misses: 0 } as const;
    for (const matches of [[{ matchKey: "A", url: "/a" }], []]) assert.deepEqual(reconcile([ended], { matches, isComplete: true }), { events: [], changed: [] });
  });
  it("adds from a list with gaps, and misses nobody", () => {
    const [absent, seen] = ["A", "B"].map((matchKey) => ({ matchKey, url: `/${matchKey}`, state: "live", misses: 1 }) as const);
    assert.ok(absent !== undefined && seen !== undefined);
    const added = { matchKey: "C", url: "/C" };
    assert.deepEqual(reconcile([absent, seen], { matches: [seen, added], isComplete: false }), {
      events: [{ event: "added", ...added }],
      changed: [
        { ...seen, misses: 0 },
        { ...added, state: "live", misses: 0 },
      ],
    });
  });
  it("refuses lines that are neither", () => {
    assert.throws(() => createReplay().next('{"ts":"1"}'), TypeError);
    assert.throws(() => createReplay().next("nonsense"), SyntaxError);
  });
});

describe("addresses of matches", () => {
  const path = "/scoreboard/LPZ/1GT/2nd-TEST/P/R/one-vs-two/live";
  it("are read from paths and from whole URLs", () => {
    const others = ["", "/", "/live/", "/info", "/scorecard/"].map((end) => path.replace(/\/live$/, end));
    for (const written of [path, `https://crex.com${path}?a=1#b`, ...others])
      assert.deepEqual(readMatchUrl(written), { matchKey: "LPZ", seriesKey: "1GT", label: "2nd-TEST", path });
    for (const written of ["", "/scoreboard/LPZ", "javascript:alert(1)", "/live-matches", "/scoreboard/a b/1/2/3/4/5/live"]) assert.equal(readMatchUrl(written), null, written);
  });
  it("tell a Test from other matches and lead to the pages beside", () => {
    const read = readMatchUrl(path);
    assert.ok(read !== null);
    assert.equal(isTest(read), true);
    assert.deepEqual(
      ["2nd-Test", "2nd-TESTS", "TEST-2", "3rd-ODI"].map((label) => isTest({ label })),
      [true, false, false, false],
    );
    assert.equal(siblingPath(read, "info"), "/scoreboard/LPZ/1GT/2nd-TEST/P/R/one-vs-two/info");
    assert.equal(siblingPath({ path: "/scoreboard/LPZ/1GT/2nd-TEST/P/R/one-vs-two" }, "scorecard"), "/scoreboard/LPZ/1GT/2nd-TEST/P/R/one-vs-two/scorecard");
  });
});
