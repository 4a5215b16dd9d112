import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { startStandIn, type Site, type StandIn } from "../src/index.ts";

const PAGES: Site = { answer: ({ path, url }) => (path.startsWith("/page") ? { headers: { "content-type": "text/plain" }, body: ["one ", "two", url.search] } : null) };

async function start(test: TestContext, site: Site = PAGES): Promise<StandIn> {
  const standIn = await startStandIn(site, 0);
  test.after(() => standIn.close());
  return standIn;
}

async function control(standIn: StandIn, body: string): Promise<Response> {
  return await fetch(`${standIn.url}/__control`, { method: "POST", body });
}

describe("a stand-in site", () => {
  it("says what the site says, and 404 for the rest", async (test) => {
    const { url } = await start(test);
    assert.equal(await (await fetch(`${url}/page?q=1`)).text(), "one two?q=1");
    assert.equal((await fetch(`${url}/other`)).status, 404);
  });

  it("hits as many requests as ordered, by a part of their path", async (test) => {
    const standIn = await start(test);
    assert.equal((await control(standIn, '{"path":"page/a","fault":"503","count":2}')).status, 200);
    const statuses: number[] = [];
    for (const path of ["/page/b", "/page/a", "/page/a", "/page/a"]) statuses.push((await fetch(standIn.url + path)).status);
    assert.deepEqual(statuses, [200, 503, 503, 200]);
  });

  it("lifts a fault that was ordered for the same requests", async (test) => {
    const standIn = await start(test);
    standIn.order({ path: "/page", fault: "500" });
    assert.equal((await fetch(`${standIn.url}/page`)).status, 500);
    standIn.order({ path: "/page", fault: "none" });
    assert.equal((await fetch(`${standIn.url}/page`)).status, 200);
  });

  it("refuses an order that it does not know, and says what it takes", async (test) => {
    const standIn = await start(test);
    const refusal = await control(standIn, '{"fault":"odd"}');
    assert.equal(refusal.status, 400);
    assert.match(await refusal.text(), /fault: one of hang, slow, reset/);
    assert.equal((await control(standIn, "{")).status, 400);
    assert.throws(() => standIn.order({ fault: "hang", count: 0 }), RangeError);
  });

  it("looks broken on the wire in the way that was ordered", async (test) => {
    const standIn = await start(test);
    const ask = async (fault: string, more: object = {}): Promise<Response> => {
      standIn.order({ path: "/page", fault, count: 1, ...more });
      return await fetch(`${standIn.url}/page`);
    };
    await assert.rejects(ask("reset"));
    await assert.rejects(async () => await (await ask("truncated")).text());
    assert.equal(await (await ask("empty")).text(), "");
    assert.equal(await (await ask("slow", { ms: 1 })).text(), "one two");
    const huge = await (await ask("huge", { bytes: 1_000_000 })).text();
    assert.ok(huge.startsWith("one two  ") && huge.length >= 1_000_000);
  });

  it("never answers a request that is to hang, and is gone all the same when it closes", async (test) => {
    const standIn = await start(test);
    standIn.order({ path: "/page", fault: "hang", count: 1 });
    const asked = fetch(`${standIn.url}/page`);
    const visit = await standIn.untilVisit(({ fault }) => fault === "hang");
    assert.equal(visit.status, 0);
    const gone = assert.rejects(asked);
    await standIn.close();
    await gone;
    await assert.rejects(fetch(`${standIn.url}/page`));
  });

  it("keeps a log, counted by path", async (test) => {
    const standIn = await start(test);
    for (const path of ["/page", "/page?again", "/none"]) await (await fetch(standIn.url + path)).text();
    const log = (await (await fetch(`${standIn.url}/__log`)).json()) as { readonly total: number; readonly paths: unknown; readonly requests: readonly { readonly url: string }[] };
    assert.equal(log.total, 3);
    assert.deepEqual(log.paths, { "/page": 2, "/none": 1 });
    assert.equal(log.requests[1]?.url, "/page?again");
  });

  it("takes a site's own faults, subjects and changes", async (test) => {
    const gone = new Set<unknown>();
    const standIn = await start(test, {
      answer: ({ path }) => (gone.has(path) ? null : { body: path }),
      faults: { shout: ({ answer, send }) => send({ body: String(answer.body).toUpperCase() }) },
      hits: ({ host }, { path }) => path.slice(1) === host,
      changes: ["remove"],
      change: ({ fault, host }) => fault === "remove" && gone.add(`/${String(host)}`) !== undefined,
    });
    standIn.order({ host: "a", fault: "shout", count: 1 });
    standIn.order({ host: "b", fault: "remove" });
    assert.equal(await (await fetch(`${standIn.url}/a`)).text(), "/A");
    assert.equal((await fetch(`${standIn.url}/b`)).status, 404);
    assert.equal(await (await fetch(`${standIn.url}/c`)).text(), "/c");
  });
});
