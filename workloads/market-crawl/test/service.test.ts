import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { cleanedSuite } from "workload-command-line/testing";
import { ask, endOf, fetchedTwice, post, SCHEDULE, startTestService, startTestSite, TODAY, triggerAndEnd, type TestService, type TestSite } from "./workbench.ts";

describe("the service", () => {
  let site: TestSite;
  let service: TestService;
  let url: string;
  const suite = cleanedSuite(after);

  before(async () => {
    site = await startTestSite(suite);
    service = await startTestService(suite, { ...site.settings, REQUEST_TIMEOUT_SECONDS: "600", STALL_SECONDS: "600" });
    url = service.url;
  });

  const rows = () => service.database.read.selectFrom("markets").selectAll().orderBy("external_id").execute();
  const visits = (part: string): number => site.log().filter(({ path }) => path.includes(part)).length;

  it("stores every market of both sources, each detail page asked for once", async () => {
    const answer = await post(`${url}/scraper/trigger`);
    assert.equal(answer.status, 202);
    assert.deepEqual(Object.keys(answer.body), ["success", "message", "run_id", "run_url", "status", "joined"]);
    assert.equal(answer.headers.get("location"), answer.body.run_url);
    const end = await endOf(url, answer.body.run_id);
    assert.deepEqual([end.status, end.processed, end.saved, end.created, end.failed], ["success", 18, 18, 18, 0]);
    const stored = await rows();
    const ids = stored.map((row) => row.external_id);
    assert.equal(ids.filter((id) => id.startsWith("Kræmmermarked_på_Torvet_")).length, 9);
    assert.ok(ids.includes("Loppemarked_i_Bella_2025-11-29_2025-11-29"));
    assert.deepEqual(
      ids.filter((id) => /^\d+$/.test(id)),
      Array.from({ length: 8 }, (_, index) => String(91_001 + index)),
    );
    assert.equal(visits("/marked/vis/"), 2);
    assert.equal(visits("/marked/kategori/"), 2);
    assert.equal(visits("/robots.txt"), 1);
    // Five places for eight events, and one for all pages of the other source: each is asked for once.
    assert.equal(visits("/v1/geocode/"), 6);
  });

  it("stores what the sources say, decoded once, and how they wrote it", async () => {
    const event = (await rows()).find((row) => row.external_id === "91001");
    assert.equal(event?.name, "Loppe- & Kræmmermarked i Hallen");
    assert.equal(event?.description, "<p>Loppefund & kaffe</p>");
    assert.deepEqual([event?.address, event?.postal_code, event?.city, event?.latitude, event?.longitude], ["Parkvej 33", "4200", "Slagelse", 55.400966, 11.362838]);
    assert.equal(JSON.parse(event?.metadata ?? "")["loppemarkeder"].name, "Loppe- &#038; Kræmmermarked i Hallen");
    const bella = (await rows()).find((row) => row.name === "Loppemarked i Bella");
    assert.deepEqual([bella?.entry_fee, bella?.stall_count, bella?.has_food, bella?.is_indoor, bella?.has_wifi], [25.5, 120, 1, 1, 0]);
    assert.deepEqual([bella?.special_features, bella?.description, bella?.city], ['["Café","Elevator"]', "Alt mellem himmel & jord", "København S"]);
  });

  it("creates nothing the second time, and says that nothing changed", async () => {
    const beforehand = await rows();
    const end = await triggerAndEnd(url);
    assert.deepEqual([end.status, end.created, end.updated, end.unchanged], ["success", 0, 0, 18]);
    assert.deepEqual(
      (await rows()).map((row) => row.updated_at),
      beforehand.map((row) => row.updated_at),
    );
  });

  it("fails a broken event alone; a detail page that fails costs no occurrence, and nothing that was known", async () => {
    const asked = visits("/marked/vis/");
    site.order({ path: "/wp-json", fault: "bad-event", count: 1 });
    site.order({ path: "/marked/vis/kr", fault: "500", count: 1 });
    const end = await triggerAndEnd(url);
    assert.deepEqual([end.status, end.processed, end.saved, end.failed, end.updated, end.exit_code], ["partial", 18, 17, 10, 0, 5]);
    const { body } = await ask(`${url}/scraper/runs/${end.run_id}`);
    assert.deepEqual(body.failures.at(-1), { source: "loppemarkeder", external_id: "91002", stage: "parse", error: "the event has no title" });
    assert.deepEqual([body.failures[0].stage, body.failures[0].error.split(":")[0]], ["detail", "status"]);
    assert.equal(body.log.success, false);
    assert.equal(visits("/marked/vis/") - asked, 2);
    assert.equal((await rows()).filter((row) => row.city === "København S").length, 10);
  });

  it("names what is wrong with a page", async () => {
    site.order({ path: "/wp-json", fault: "malformed", count: 1 });
    site.order({ path: "/marked/vis/loppe", fault: "reset", count: 1 });
    site.order({ path: "/marked/vis/kr", fault: "huge", count: 1 });
    const end = await triggerAndEnd(url);
    assert.deepEqual([end.status, end.processed, end.saved, end.failed], ["partial", 10, 10, 11]);
    const { body } = await ask(`${url}/scraper/runs/${end.run_id}`);
    const problems = body.failures.map(({ error }: { readonly error: string }) => error.split(":")[0]);
    assert.deepEqual([problems[0], problems[1], problems.at(-1)], ["network", "oversize", "malformed"]);
  });

  it("has one run for ten who ask at once; cancels it, and goes on with it", async () => {
    site.order({ path: "/marked/vis/kr", fault: "hang", count: 1 });
    const asked = site.log().length;
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(`${url}/scraper/trigger`)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
    const ids = new Set(answers.map(({ body }) => body.run_id));
    assert.equal(ids.size, 1);
    assert.equal(answers.filter(({ body }) => body.joined === true).length, 9);
    const [runId] = ids;
    const refused = await post(`${url}/scraper/trigger`, { mode: "refuse" });
    assert.deepEqual([refused.status, refused.body.run_id], [409, runId]);
    await site.untilVisit((line) => line.fault === "hang" && line.path.startsWith("/marked/vis/kr") && site.log().indexOf(line) >= asked);
    const health = await ask(`${url}/health`);
    assert.deepEqual([health.status, health.body.status, health.body.service, health.body.run.run_id, health.body.run.status], [200, "healthy", "market-crawl", runId, "running"]);
    assert.equal((await post(`${url}/scraper/runs/${runId}/resume`)).status, 409);
    assert.equal((await post(`${url}/scraper/runs/${runId}/cancel`)).status, 202);
    const cancelled = await endOf(url, String(runId));
    assert.deepEqual([cancelled.status, cancelled.saved], ["cancelled", 1]);
    assert.equal((await post(`${url}/scraper/runs/${runId}/cancel`)).status, 409);
    assert.equal((await post(`${url}/scraper/runs/${runId}/resume`)).status, 202);
    const resumed = await endOf(url, String(runId));
    assert.deepEqual([resumed.status, resumed.trigger, resumed.processed, resumed.saved, resumed.failed], ["success", "resume", 18, 18, 0]);
    assert.deepEqual(fetchedTwice(site, asked), [], "nothing was fetched twice");
    const logs = await service.database.read.selectFrom("scraping_logs").select("message").where("run_id", "=", String(runId)).execute();
    assert.equal(logs.length, 1);
  });

  it("notes that the worker was killed, leaves nothing of it, and goes on where it was", async () => {
    const asked = site.log().length;
    site.order({ path: "/marked/kategori/loppemarked/side/2", fault: "hang", count: 1 });
    const { body } = await post(`${url}/scraper/trigger`);
    await site.untilVisit((line) => line.fault === "hang" && site.log().indexOf(line) >= asked);
    const worker = service.runtime.control.workers().find(({ attempt }) => attempt !== null);
    assert.ok(worker !== undefined);
    process.kill(worker.pid, "SIGKILL");
    const end = await endOf(url, body.run_id);
    assert.deepEqual([end.status, end.error, end.saved], ["interrupted", "killed", 1]);
    assert.equal(
      service.runtime.control.workers().some(({ attempt }) => attempt !== null),
      false,
    );
    assert.equal((await post(`${url}/scraper/runs/${body.run_id}/resume`)).status, 202);
    const resumed = await endOf(url, body.run_id);
    assert.deepEqual([resumed.status, resumed.processed, resumed.saved], ["success", 18, 18]);
    assert.deepEqual(fetchedTwice(site, asked), [], "nothing was fetched twice");
  });

  it("runs by its schedule", async () => {
    const [schedule] = await service.runtime.control.schedules();
    assert.deepEqual([schedule?.cron, schedule?.timeZone, schedule?.catchUp], [SCHEDULE, "Europe/Copenhagen", "latest"]);
    const ended = Promise.withResolvers<string>();
    const unwatch = service.conductor.watch(() => {
      const run = service.conductor.live.current()?.note?.run;
      if (run !== undefined) ended.resolve(run);
    });
    await service.runtime.control.runSchedule(schedule?.key ?? "");
    const end = await endOf(url, await ended.promise);
    unwatch();
    assert.deepEqual([end.status, end.trigger], ["success", "schedule"]);
  });

  it("says what is on today, nearest first", async () => {
    const today = await ask(`${url}/markets/today?latitude=55.6876395&longitude=12.490418153970278&limit=3`);
    assert.equal(today.status, 200);
    assert.equal(today.body.length, 3);
    assert.equal(today.body[0].distance, 0);
    assert.equal(today.body[0].address, "Vanløse Torv");
    assert.deepEqual([today.body[0].is_outdoor, today.body[0].has_wifi], [true, false]);
    const all = await ask(`${url}/markets/today`);
    for (const market of all.body) {
      assert.ok(market.start_date <= TODAY && TODAY <= market.end_date);
      assert.equal("distance" in market, false);
    }
    assert.ok(all.body.some((market: { readonly external_id: string }) => market.external_id === "Loppemarked_i_Bella_2025-11-29_2025-11-29"));
  });

  it("says what is near, and what cannot be asked", async () => {
    const near = await ask(`${url}/markets/nearby?latitude=55.67616425&longitude=12.564077596986316&radius_km=3&days_ahead=7`);
    assert.deepEqual(
      near.body.map((market: { readonly distance: number }) => market.distance),
      near.body.map((market: { readonly distance: number }) => market.distance).toSorted((one: number, other: number) => one - other),
    );
    assert.ok(near.body.length > 0 && near.body.every((market: { readonly distance: number; readonly start_date: string }) => market.distance <= 3 && market.start_date >= TODAY));
    for (const query of ["nearby", "nearby?latitude=55", "nearby?latitude=x&longitude=1", "nearby?latitude=95&longitude=1", "today?latitude=55", "today?limit=0"])
      assert.equal((await ask(`${url}/markets/${query}`)).status, 422, query);
  });

  it("answers everything else", async () => {
    assert.equal((await ask(`${url}/`)).status, 200);
    assert.equal((await ask(`${url}/nowhere`)).status, 404);
    for (const path of ["runs/none", "runs/none/events"]) assert.equal((await ask(`${url}/scraper/${path}`)).status, 404);
    for (const path of ["cancel", "resume"]) assert.equal((await post(`${url}/scraper/runs/none/${path}`)).status, 404);
    assert.equal((await post(`${url}/scraper/trigger`, { mode: "perhaps" })).status, 422);
    const status = await ask(`${url}/scraper/status`);
    assert.deepEqual([status.body.active, status.body.freshness, status.body.run.status], [false, "fresh", "success"]);
    assert.equal((await ask(`${url}/scraper/runs?limit=2`)).body.runs.length, 2);
    assert.equal((await ask(`${url}/health`)).body.run, null);
    const { body: metrics } = await ask(`${url}/metrics`);
    assert.match(metrics, /^market_crawl_runs_total\{trigger="api",status="cancelled"\} 1$/m);
    assert.match(metrics, /^market_crawl_runs_total\{trigger="schedule",status="success"\} 1$/m);
    assert.match(metrics, /^market_crawl_items_total\{source="loppemarkeder",result="created"\} 8$/m);
    assert.match(metrics, /^market_crawl_items_total\{source="fleamarket",result="created"\} 10$/m);
    assert.match(metrics, /^market_crawl_active_runs 0$/m);
    assert.match(metrics, /^market_crawl_api_request_duration_seconds_count\{route="\/scraper\/runs\/:id"\} \d+$/m);
  });

  it("ends what runs when it is stopped, and says so", async () => {
    const asked = site.log().length;
    site.order({ path: "/marked/kategori", fault: "hang", count: 1 });
    const { body } = await post(`${url}/scraper/trigger`);
    await site.untilVisit((line) => line.fault === "hang" && site.log().indexOf(line) >= asked);
    const reader = await fetch(`${url}/scraper/runs/${body.run_id}/events`);
    const stopping = service.stop();
    const text = await reader.text().catch(() => "");
    await stopping;
    if (text.includes("event: status")) assert.match(text, /"status":"interrupted"/);
    await assert.rejects(fetch(`${url}/health`));
  });
});

describe("a service that is told to be impatient", () => {
  it("gives a page up that hangs and does the rest; venues may be lists", async (test) => {
    const site = await startTestSite(test);
    const { url } = await startTestService(test, { ...site.settings, REQUEST_TIMEOUT_SECONDS: "5", SCHEDULE: "off" });
    site.order({ path: "/marked/kategori/loppemarked/side/2", fault: "hang", count: 1 });
    site.order({ path: "/wp-json", fault: "venue-list", count: 1 });
    const end = await triggerAndEnd(url);
    assert.deepEqual([end.status, end.processed, end.saved, end.created], ["partial", 9, 9, 9]);
    assert.deepEqual(
      end.sources.map(({ source, failed }: { readonly source: string; readonly failed: number }) => [source, failed]),
      [
        ["fleamarket", 1],
        ["loppemarkeder", 0],
      ],
    );
    const { body } = await ask(`${url}/scraper/runs/${end.run_id}`);
    assert.equal(body.failures[0].error, "timeout: no answer within 5 s");
  });
});
