import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, before, describe, it } from "node:test";
import { cleanedSuite, cleanUp } from "workload-command-line/testing";
import { takeLock } from "workload-database/testing";
import { startStandIn, type Answer, type StandIn } from "workload-stand-in";
import { ask, endOf, post, startTestService, triggerAndEnd, type TestService } from "./workbench.ts";

const EMPTY: Answer = { body: "<table></table>" };

function feed(events: readonly unknown[], next?: string): Answer {
  return { body: JSON.stringify({ events, ...(next === undefined ? {} : { next_rest_url: next }) }) };
}

/** Whose end comes before its start: one line of warning, as long as its id. */
function inverted(id: string): object {
  return { id, title: "Marked", start_date: "2025-11-29 10:00:00", end_date: "2025-11-28 10:00:00" };
}

describe("a worker that misbehaves", () => {
  let answer: (path: string) => Answer | null | Promise<Answer | null> = () => null;
  let site: StandIn;
  let service: TestService;
  let environment: Readonly<Record<string, string>>;
  const suite = cleanedSuite(after);

  before(async () => {
    site = await startStandIn({ answer: ({ path, url }) => answer(path + url.search) }, 0);
    cleanUp(suite, () => site.close());
    environment = {
      FLEAMARKET_URL: `${site.url}/listing`,
      LOPPEMARKEDER_URL: `${site.url}/feed`,
      GEOAPIFY_API_KEY: "",
      DB_BUSY_SECONDS: "2",
      REQUEST_TIMEOUT_SECONDS: "600",
      STALL_SECONDS: "600",
      SCHEDULE: "off",
    };
    service = await startTestService(suite, environment);
  });
  afterEach(() => {
    answer = () => null;
  });

  it("writes 10 MB: nothing waits, the last lines are kept", async () => {
    const pages = 3;
    answer = (path) => {
      if (path === "/listing") return EMPTY;
      const page = Number(/^\/feed(?:\?page=(\d+))?$/.exec(path)?.[1] ?? "1");
      if (!path.startsWith("/feed")) return null;
      const events = Array.from({ length: 40 }, (_, index) => inverted(`${page}-${index}-${"x".repeat(90_000)}`));
      return feed(events, page < pages ? `${site.url}/feed?page=${page + 1}` : undefined);
    };
    const end = await triggerAndEnd(service.url);
    assert.deepEqual([end.status, end.created], ["success", pages * 40]);
    const log = await service.database.read.selectFrom("scraping_logs").select("output").where("run_id", "=", end.run_id).executeTakeFirstOrThrow();
    assert.ok(log.output.length <= 1000 * 2001, `${log.output.length} characters`);
    assert.match(log.output, /loppemarkeder: 120 processed/);
  });

  it("fails an item alone while somebody keeps the database locked", async () => {
    const locker = new DatabaseSync(service.environment["DB_PATH"] ?? "");
    answer = async (path) => {
      if (path === "/listing")
        return {
          body: `<table>${["a", "b"].map((name) => `<tr><td><a href="/${name}">${name}</a></td><td>x</td><td></td><td></td><td></td><td>29-11-2025</td></tr>`).join("")}</table>`,
        };
      if (path === "/a") await takeLock(locker);
      if (path === "/b") locker.exec("ROLLBACK");
      return path === "/feed" ? feed([]) : { body: "<p>side</p>" };
    };
    const end = await triggerAndEnd(service.url);
    locker.close();
    assert.deepEqual([end.status, end.processed, end.saved, end.failed], ["partial", 2, 1, 1]);
    const { body } = await ask(`${service.url}/scraper/runs/${end.run_id}`);
    assert.deepEqual(body.failures, [{ source: "fleamarket", external_id: "a_2025-11-29_2025-11-29", stage: "save", error: "the database was locked for too long" }]);
  });

  it("stops making progress: it is ended with its tree, and the answers go on", async (test) => {
    const service = await startTestService(test, { ...environment, STALL_SECONDS: "10" });
    const asked = site.log().length;
    site.order({ path: "/listing", fault: "hang", count: 1 });
    const { body } = await post(`${service.url}/scraper/trigger`);
    await site.untilVisit((line) => line.fault === "hang" && site.log().indexOf(line) >= asked);
    const worker = service.runtime.control.workers().find(({ attempt }) => attempt !== null);
    process.kill(worker?.pid ?? Number.NaN, "SIGSTOP");
    const end = await endOf(service.url, body.run_id);
    assert.deepEqual([end.status, end.error, end.exit_code], ["failed", "stalled", 1]);
    assert.equal((await ask(`${service.url}/health`)).status, 200);
  });

  it("cannot be led into our own network", async () => {
    answer = (path) => {
      if (path === "/listing") return { status: 302, headers: { location: "http://169.254.169.254/latest" }, body: "" };
      return path === "/feed" ? feed([{ id: 1, title: "Marked", start_date: "2025-11-29" }]) : null;
    };
    const end = await triggerAndEnd(service.url);
    assert.equal(end.status, "partial");
    const { body } = await ask(`${service.url}/scraper/runs/${end.run_id}`);
    assert.match(body.failures[0].error, /169\.254\.169\.254 is an address of a private network/);
  });

  it("obeys robots.txt", async () => {
    const asked = site.log().length;
    answer = (path) => (path === "/robots.txt" ? { body: "User-agent: *\nDisallow: /listing\n" } : path === "/feed" ? feed([]) : null);
    const end = await triggerAndEnd(service.url);
    assert.deepEqual([end.status, end.error], ["failed", "unreachable: fleamarket"]);
    assert.deepEqual(
      site
        .log()
        .slice(asked)
        .map(({ path }) => path),
      ["/robots.txt", "/feed"],
    );
  });
});
