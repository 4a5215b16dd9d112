import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { sql } from "kysely";
import { cleanedSuite } from "workload-command-line/testing";
import { seqs, startScene, upTo, type Scene } from "./scene.ts";

const innings = (payload: unknown): string[] => (payload as { readonly innings: readonly { readonly text: string }[] }).innings.map(({ text }) => text);

describe("a service and its site", () => {
  const suite = cleanedSuite(after);
  let scene: Scene;
  before(async () => {
    scene = await startScene(suite);
  });

  it("polls every match of the list, and misses and repeats nothing", async () => {
    const { site, emitted } = scene;
    await scene.until("twelve balls of both", () => ["M01", "M02"].every((key) => emitted.filter(({ matchKey, group }) => matchKey === key && group === "score").length >= 12));
    for (const key of ["M01", "M02"]) {
      const scores = emitted.filter(({ matchKey, group }) => matchKey === key && group === "score").map(({ payload }) => innings(payload));
      const told = site.told(key).slice(0, scores.length);
      // A ball that changes neither total nor its own name changes no score.
      const changes = told.filter((ball, index) => index === 0 || JSON.stringify([ball.innings, ball.ball]) !== JSON.stringify([told[index - 1]?.innings, told[index - 1]?.ball]));
      assert.deepEqual(
        scores.slice(0, 10),
        changes.slice(0, 10).map(({ innings }) => innings),
      );
      assert.deepEqual(seqs(scene, key), upTo(seqs(scene, key).length));
    }
  });

  it("says how fresh it is, from outside", async () => {
    const health = await scene.get("/health");
    assert.equal(health.status, 200);
    const data = health.body["data"] as { readonly overall_status: string; readonly scrapers: readonly Record<string, unknown>[] };
    assert.deepEqual([health.body["success"], data.overall_status, data.scrapers.length], [true, "healthy", 2]);
    const [first = {}] = data.scrapers;
    assert.deepEqual([first["match_id"], first["restarts"], first["error_count"], first["should_restart"], first["paused_until"]], ["M01", 0, 0, false, null]);
    assert.ok(Number(first["memory_mb"]) > 0 && Number(first["total_updates"]) >= 12);
    assert.deepEqual((await scene.get("/api/v1/scraper/health")).status, 200);
    const url = scene.site.listed()[0] ?? "";
    const ask = () => scene.get(`/cricket-data/last-updated-data?url=${encodeURIComponent(`https://crex.com${url}`)}`);
    await scene.until("its data is fresh", async () => Number((await ask()).headers.get("x-data-age-seconds")) < 5);
    const newest = await ask();
    assert.equal(newest.status, 200);
    assert.match(newest.headers.get("x-data-freshness") ?? "", /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.match(newest.headers.get("x-data-age-seconds") ?? "", /^\d+(\.\d+)?$/);
    assert.equal((newest.body["data"] as { readonly batting_team: string }).batting_team, "Team TM01");
    assert.equal((await scene.get("/cricket-data/last-updated-data?url=/nothing")).status, 404);
    const metrics = await (await fetch(`${scene.service.metricsUrl}/metrics`)).text();
    for (const name of ["scraper_updates_total", "data_staleness_seconds", "scraper_memory_bytes", "scraper_pids"])
      assert.match(metrics, new RegExp(`^${name}\\{match_id="M01"\\} [\\d.]+$`, "m"));
    for (const line of ["active_scrapers_count 2", "scraper_outbox_depth 0", 'scraper_restarts_total{reason="stale"} 0', 'scraper_update_latency_seconds_bucket{le="60"'])
      assert.ok(metrics.includes(line), line);
  });

  it("streams what is emitted, also what a reader has missed", async () => {
    const stop = new AbortController();
    const response = await fetch(`${scene.service.url}/events?match=M01`, { headers: { "last-event-id": "3" }, signal: stop.signal });
    let text = "";
    for await (const piece of response.body ?? []) {
      text += Buffer.from(piece).toString();
      if ((text.match(/^id: /gm) ?? []).length >= 20) break;
    }
    stop.abort();
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    assert.deepEqual(ids.slice(0, 20), upTo(23).slice(3));
    assert.match(text, /^event: cricket\.M01\.score$/m);
  });

  it("renews its headers once when it is refused", async () => {
    const errors = scene.view("M01")?.total_errors;
    scene.site.order({ path: "/v10/sV3.php", match: "M01", fault: "403", count: 1 });
    await scene.site.untilVisit(({ fault }) => fault === "403");
    const before = scene.view("M01")?.total_updates ?? 0;
    await scene.until("it is served again", () => (scene.view("M01")?.total_updates ?? 0) > before);
    assert.equal(scene.view("M01")?.total_errors, errors);
  });

  it("changes nothing without an answer that can be used, and goes on", async () => {
    for (const fault of ["malformed", "huge", "reset", "503"]) {
      const errors = scene.view("M01")?.total_errors ?? 0;
      scene.site.order({ path: "/v10/sV3.php", match: "M01", fault, count: 1 });
      await scene.until(`${fault} is counted`, () => (scene.view("M01")?.total_errors ?? 0) > errors);
      await scene.until("it is served again", () => scene.view("M01")?.error_count === 0);
    }
    assert.deepEqual(seqs(scene, "M01"), upTo(seqs(scene, "M01").length));
    assert.equal(scene.view("M01")?.restarts, 0);
  });

  it("takes a changed page for no list: nothing is deleted, the page is kept", async () => {
    scene.site.order({ fault: "no-cards", count: 3 });
    await scene.until("it is noticed three times", () => scene.logged.filter(({ details }) => details["error_type"] === "dom_changed").length >= 3);
    const kept = scene.logged.findLast(({ details }) => details["error_type"] === "dom_changed")?.details["page"];
    assert.match(await readFile(String(kept), "utf8"), /class="tile"/);
    assert.deepEqual(
      scene.service.pollers.views().map(({ match_id }) => match_id),
      ["M01", "M02"],
    );
    assert.equal(scene.logged.filter(({ message }) => message === "match deleted").length, 0);
  });

  it("ends the poller of a match that is gone, and revives it where it was", async () => {
    scene.site.order({ fault: "remove-match", match: "M02" });
    await scene.until("its poller is gone", () => scene.isGone("M02"));
    const gone = (await scene.service.matches.all()).find(({ matchKey }) => matchKey === "M02");
    assert.deepEqual([gone?.state, typeof gone?.lastKnownState], ["deleted", "string"]);
    const last = seqs(scene, "M02").length;
    scene.site.order({ fault: "add-match", match: "M02" });
    await scene.until("it emits again", () => seqs(scene, "M02").length > last);
    assert.deepEqual(seqs(scene, "M02"), upTo(seqs(scene, "M02").length));
    const actions = await scene.service.database.read
      .selectFrom("audit")
      .select("action")
      .where("match_key", "=", "M02")
      .where("action", "in", ["added", "deleted", "revived"])
      .orderBy("id")
      .execute();
    assert.deepEqual(
      actions.map(({ action }) => action),
      ["added", "deleted", "revived"],
    );
  });

  it("is started, recycled and stopped by hand", async () => {
    const url = scene.site.listed()[0] ?? "";
    assert.deepEqual((await scene.post("/start-scrape", { url })).body["status"], "already_running");
    assert.equal((await scene.post("/start-scrape", { url: "https://crex.com/news" })).status, 400);
    assert.equal((await scene.post("/start-scrape", "nonsense")).status, 400);
    assert.equal((await scene.post("/recycle", { match_id: "NOBODY" })).status, 404);
    assert.equal((await scene.post("/recycle", { match_id: "M01" })).status, 202);
    await scene.until("it runs anew", () => scene.view("M01")?.restarts === 1 && scene.view("M01")?.status === "healthy");
    assert.equal(scene.view("M01")?.restart_reason, "recycle");
    assert.equal((await scene.post("/stop-scrape", { url: "/scoreboard/X/1/2/3/4/5/live" })).status, 400);
    assert.equal((await scene.post("/stop-scrape", { url })).status, 200);
    assert.equal(scene.service.pollers.has("M01"), false);
    assert.equal((await scene.post("/stop-scrape", { url })).status, 400);
    const started = await scene.post("/start-scrape", { url });
    assert.deepEqual([started.status, started.body["status"], started.body["match_id"], typeof started.body["correlation_id"]], [200, "started", "M01", "string"]);
    assert.deepEqual(seqs(scene, "M01"), upTo(seqs(scene, "M01").length));
  });

  it("ends with its match, and goes on when the end is taken back", async () => {
    scene.site.order({ fault: "finish-match", match: "M02" });
    await scene.until("its poller has ended by itself", () => scene.isGone("M02"));
    const row = (await scene.service.matches.all()).find(({ matchKey }) => matchKey === "M02");
    assert.deepEqual([row?.state, row?.lastKnownState], ["ended", "Match over"]);
    scene.site.order({ path: "/v10/sV3.php", match: "M01", fault: "404", count: 1 });
    await scene.until("that of a match that is no more, too", () => scene.isGone("M01"));
    assert.equal((await scene.service.matches.all()).find(({ matchKey }) => matchKey === "M01")?.state, "ended");
    for (const which of ["one", "another"]) {
      const { last_list_at: before } = scene.service.discovery.state();
      await scene.until(`${which} list was taken`, () => scene.service.discovery.state().last_list_at !== before);
    }
    assert.deepEqual(scene.service.pollers.views(), []);
    assert.equal((await scene.get("/health")).status, 200);
    const last = seqs(scene, "M02").length;
    scene.site.order({ fault: "add-match", match: "M02" });
    await scene.until("the end is taken back", () => seqs(scene, "M02").length > last);
    assert.deepEqual(seqs(scene, "M02"), upTo(seqs(scene, "M02").length));
    assert.equal(scene.service.pollers.has("M01"), false);
  });

  it("takes a list from whoever posts it", async () => {
    await scene.service.discovery.stop();
    // The site knows it: else its poller may hear that it is gone, and end it, before the lists delete it.
    scene.site.order({ fault: "add-match", match: "Q1" });
    const url = scene.site.listed().at(-1) ?? "";
    assert.equal(await scene.service.matches.stop("M02"), true);
    const post = (urls: unknown) => scene.post("/cricket-data/add-live-matches", urls);
    assert.deepEqual((await post([url])).body, { added: [url], deleted: [], revived: [] });
    assert.deepEqual((await post([])).body, { added: [], deleted: [], revived: [] });
    assert.deepEqual((await post([])).body, { added: [], deleted: [url], revived: [] });
    assert.deepEqual((await post([url])).body, { added: [], deleted: [], revived: [url] });
    for (const wrong of [{}, ["/news"], [1]]) assert.equal((await post(wrong)).status, 400);
  });
});

describe("a match whose address changes", () => {
  it("takes its state, its sessions and its poller along", async (test) => {
    const scene = await startScene(test, { site: { matches: 1 } });
    const [before = ""] = scene.site.listed();
    const after = before.replace("one-vs-two", "first-vs-second");
    const newest = (url: string) => scene.get(`/cricket-data/last-updated-data?url=${url}`);
    const post = (urls: readonly string[]) => scene.post("/cricket-data/add-live-matches", urls);
    const stored = async () => (await scene.service.database.read.selectFrom("cricket_data").select("url").execute()).map(({ url }) => url);
    await scene.until(
      "it is polled and has sessions",
      async () => ((await newest(before)).body["data"] as { session_odds?: readonly unknown[] } | null)?.session_odds?.length === 2,
    );
    await scene.service.discovery.stop();

    assert.deepEqual((await post([after])).body, { added: [], deleted: [], revived: [] });
    assert.deepEqual(await stored(), [after]);
    for (const url of [before, after]) assert.equal(((await newest(url)).body["data"] as { session_odds: readonly unknown[] }).session_odds.length, 2);
    await scene.site.untilVisit(({ path }) => path === after);
    await scene.until("its next poller emits there", () => scene.view("M01")?.status === "healthy" && scene.emitted.at(-1)?.url === after);
    assert.deepEqual(await stored(), [after]);
    assert.equal((await post([`https://crex.com${after.replace("/live", "/scorecard/")}`])).status, 200);
    assert.deepEqual([scene.view("M01")?.url, scene.view("M01")?.restarts], [after, 1]);

    await post([]);
    assert.deepEqual((await post([])).body["deleted"], [after]);
    assert.equal(typeof (await scene.service.matches.all())[0]?.lastKnownState, "string");
    await scene.until("its poller is gone", () => scene.isGone("M01"));
    assert.deepEqual((await post([before])).body["revived"], [before]);
    assert.deepEqual(await stored(), [before]);
    const last = seqs(scene, "M01").length;
    await scene.until("it emits again", () => seqs(scene, "M01").length > last);
    assert.deepEqual(seqs(scene, "M01"), upTo(seqs(scene, "M01").length));

    scene.site.order({ fault: "finish-match", match: "M01" });
    await scene.until("it is over", () => scene.isGone("M01"));
    const [ended] = await scene.service.matches.all();
    await post([after]);
    assert.deepEqual(await scene.service.matches.all(), [{ ...ended, url: after }]);
    assert.deepEqual([ended?.state, typeof ended?.endedAt, await stored()], ["ended", "string", [after]]);
  });

  it("has a poller again after one could not be begun", async (test) => {
    const scene = await startScene(test, { site: { matches: 1 } });
    await scene.until("it is polled", () => (scene.view("M01")?.total_updates ?? 0) > 0);
    await scene.service.discovery.stop();
    const url = scene.site.listed()[0] ?? "";
    assert.equal((await scene.post("/stop-scrape", { url })).status, 200);
    const run = (statement: string) => scene.service.database.write((write) => sql.raw(statement).execute(write));
    await run("ALTER TABLE state_snapshots RENAME TO lost");
    assert.equal((await scene.post("/start-scrape", { url })).status, 500);
    await run("ALTER TABLE lost RENAME TO state_snapshots");
    await scene.post("/cricket-data/add-live-matches", [url]);
    await scene.until("it is polled again", () => (scene.view("M01")?.total_updates ?? 0) > 0);
  });
});

describe("recorded bodies", () => {
  it("are emitted once for each group, however often they are told", async (test) => {
    const body = JSON.stringify({ B: "Innings Break", F: "TM01", R: "1+1", D: 10, Z: "44+2", a: "TM01.UM01", b: "", j: "106/10(31.1", k: "0/0(0.0", p: "" });
    const scene = await startScene(test, { site: { matches: 1, bodies: Array.from({ length: 9 }, () => body) } });
    await scene.until("nine answers", () => (scene.view("M01")?.total_updates ?? 0) >= 9);
    await scene.until("a scorecard", () => scene.emitted.some(({ group }) => group === "scorecard"));
    assert.deepEqual(scene.emitted.map(({ group }) => group).toSorted(), ["batsmen", "odds", "overs", "result_texts", "score", "scorecard"]);
  });
});
