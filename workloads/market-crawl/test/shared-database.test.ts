// Several processes that share a database, each with a runtime of its own: at most one run is active, and whoever is left takes over what the dead one had.
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { driveProgram, makeDirectory, type Serving } from "workload-command-line/testing";
import { ask, endOf, environmentIn, fetchedTwice, post, startTestService, startTestSite } from "./workbench.ts";

const { serve } = driveProgram(join(import.meta.dirname, "..", "src", "cli.ts"), (directory) => ({ ...environmentIn(directory), SCHEDULE: "off" }));

const HANG = { path: "/marked/vis/kr", fault: "hang", count: 1 };

function statusOf(url: string, runId: string): Promise<string> {
  return ask(`${url}/scraper/runs/${runId}`).then(({ body }) => body.status);
}

describe("a run of another process", () => {
  it("is joined while that one lives; when it is killed, the one that is left writes it down and goes on with it", async (test) => {
    const site = await startTestSite(test);
    const directory = await makeDirectory(test, "market-crawl-test");
    const start = (runtime: string): Promise<Serving> =>
      serve(test, directory, undefined, { ...site.settings, RUNTIME_DIR: join(directory, runtime), REQUEST_TIMEOUT_SECONDS: "600", STALL_SECONDS: "600" });
    const [one, other] = await Promise.all([start("one"), start("other")]);
    site.order(HANG);
    const begun = await post(`${one.ready.url}/scraper/trigger`);
    await site.untilVisit(({ fault }) => fault === "hang");
    const joined = await post(`${other.ready.url}/scraper/trigger`);
    assert.deepEqual([joined.status, joined.body.joined, joined.body.run_id], [202, true, begun.body.run_id]);
    assert.equal((await post(`${other.ready.url}/scraper/trigger`, { mode: "refuse" })).status, 409);

    await one.end("SIGKILL");
    const interrupted = await endOf(other.ready.url, begun.body.run_id);
    assert.deepEqual([interrupted.status, interrupted.error, interrupted.saved], ["interrupted", "lost", 1]);
    assert.equal((await post(`${other.ready.url}/scraper/runs/${begun.body.run_id}/resume`)).status, 202);
    const resumed = await endOf(other.ready.url, begun.body.run_id);
    assert.deepEqual([resumed.status, resumed.trigger, resumed.saved], ["success", "resume", 18]);
    assert.deepEqual(fetchedTwice(site), [], "nothing was fetched twice");
  });

  it("of another machine is left alone while its heart beats, and taken over when it has been silent", async (test) => {
    const site = await startTestSite(test);
    const directory = await makeDirectory(test, "market-crawl-test");
    const environment = { ...site.settings, REQUEST_TIMEOUT_SECONDS: "600", STALL_SECONDS: "600" };
    const { ready } = await serve(test, directory, undefined, environment);
    const database = new DatabaseSync(join(directory, "markets.db"));
    test.after(() => database.close());
    database.exec("PRAGMA busy_timeout = 10000");
    const beat = (at: Date): void => void database.prepare("UPDATE runs SET heartbeat_at = ? WHERE id = 'theirs'").run(at.toISOString());
    database
      .prepare(`INSERT INTO runs (id, trigger, status, requested_at, sources, owner, heartbeat_at) VALUES ('theirs', 'api', 'running', ?, 'fleamarket', 'elsewhere 7 100 x', ?)`)
      .run(new Date().toISOString(), new Date(Date.now() + 3_600_000).toISOString());
    assert.deepEqual((await post(`${ready.url}/scraper/trigger`)).body.run_id, "theirs");
    assert.equal(await statusOf(ready.url, "theirs"), "running");
    beat(new Date(Date.now() - 60_000));
    const taken = await endOf(ready.url, "theirs");
    assert.deepEqual([taken.status, taken.error], ["interrupted", "lost"]);
    assert.equal((await post(`${ready.url}/scraper/trigger`)).body.joined, false);
  });

  it("is not taken for dead by a schedule's worker, which sees no process but its own", async (test) => {
    const site = await startTestSite(test);
    const directory = await makeDirectory(test, "market-crawl-test");
    const environment = { ...site.settings, REQUEST_TIMEOUT_SECONDS: "600", STALL_SECONDS: "600" };
    const { ready } = await serve(test, directory, undefined, environment);
    site.order(HANG);
    const { body } = await post(`${ready.url}/scraper/trigger`);
    await site.untilVisit(({ fault }) => fault === "hang");

    const own = await startTestService(test, { ...environment, DB_PATH: join(directory, "markets.db") });
    const ended = Promise.withResolvers<string>();
    own.runtime.onEvent((event) => {
      if (event.kind === "job.settled") ended.resolve(event.jobId);
    });
    const [schedule] = await own.runtime.control.schedules();
    await own.runtime.control.runSchedule(schedule?.key ?? "");
    const result = await own.runtime.control.document(await ended.promise, "result");
    assert.deepEqual(JSON.parse(result ?? "null"), { outcome: "joined", runId: null });
    assert.equal(await statusOf(ready.url, body.run_id), "running");
  });
});
