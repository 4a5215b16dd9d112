import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { RuntimeEvent } from "cofferdam";
import { onEachDatabase, takeLock } from "workload-database/testing";
import { findQuarantined, releaseQuarantined } from "../src/conduct/quarantine.ts";
import { startService, type Service } from "../src/service.ts";
import { readSettings } from "../src/settings.ts";
import { startStandIn, type StandIn } from "../src/stand-in/server.ts";
import { makeWorld } from "../src/stand-in/world.ts";
import { makeReport, writeTree } from "./workbench.ts";
import { cleanUp, makeDirectory, signalTree } from "workload-command-line/testing";

interface Scene {
  readonly service: Service;
  readonly directory: string;
  readonly url: string;
  readonly events: RuntimeEvent[];
  /** Resolves with the first event that fits, also one that was seen before. */
  event(fits: (event: RuntimeEvent) => boolean): Promise<RuntimeEvent>;
}

async function makeScene(test: TestContext, environment: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const directory = await makeDirectory(test);
  const settings = readSettings({
    PORT: "0",
    DB_PATH: join(directory, "results.db"),
    RUNTIME_DIR: join(directory, "runtime"),
    LOGS_BASE_PATH: join(directory, "logs"),
    RETRY_SECONDS: "0",
    ...environment,
  });
  const events: RuntimeEvent[] = [];
  const seen = new EventTarget();
  const service = await startService({
    settings,
    http: true,
    heartbeatMs: 50,
    onEvent(event) {
      events.push(event);
      seen.dispatchEvent(new Event("seen"));
    },
  });
  cleanUp(test, () => service.stop());
  assert.ok(service.url !== null);
  return {
    service,
    directory,
    url: service.url,
    events,
    async event(fits) {
      for (;;) {
        const more = once(seen, "seen");
        const found = events.find(fits);
        if (found !== undefined) return found;
        await more;
      }
    },
  };
}

async function makeJenkins(test: TestContext): Promise<StandIn> {
  const jenkins = await startStandIn(makeWorld({ casesPerModule: 40, builds: 3, paths: null }));
  cleanUp(test, () => jenkins.close());
  return jenkins;
}

/** Any JSON; what is missing is undefined. */
interface Json {
  readonly [key: string]: Json | undefined;
}

function list(value: Json | undefined): Json[] {
  assert.ok(Array.isArray(value));
  return value as Json[];
}

async function getJson(url: string, status = 200): Promise<Json> {
  const response = await fetch(url);
  assert.equal(response.status, status, url);
  return (await response.json()) as Json;
}

async function post(url: string, body: unknown, contentType = "application/json"): Promise<{ readonly status: number; readonly body: Json }> {
  const response = await fetch(url, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers: { "content-type": contentType } });
  return { status: response.status, body: (await response.json()) as Json };
}

/** The whole stream, as its data lines. */
async function readStream(url: string, lastEventId?: string): Promise<Json[]> {
  const text = await (await fetch(url, lastEventId === undefined ? {} : { headers: { "last-event-id": lastEventId } })).text();
  return text
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => JSON.parse(line.slice(6)) as Json);
}

onEachDatabase("the service on a real runtime", (fresh) => {
  it("downloads a build, streams its progress, and answers every question about it", async (test) => {
    const database = await fresh({ after: (action) => cleanUp(test, action as () => unknown) });
    const scene = await makeScene(test, database.startsWith("postgres:") ? { DATABASE_URL: database } : { DB_PATH: database });
    const jenkins = await makeJenkins(test);
    const api = `${scene.url}/api/v1`;
    const started = await post(`${api}/jenkins/download`, { job_url: `${jenkins.parentUrl}101/` });
    assert.equal(started.status, 202);
    const logs = `${scene.url}${String(started.body["logs_url"])}`;
    const said = (all: readonly Json[]): Json[] => all.filter((line) => !("type" in line));
    const [lines = [], ...others] = await Promise.all([readStream(logs), readStream(logs), readStream(logs)]);
    assert.deepEqual(lines.at(-1), { status: "success", error: null });
    for (const other of others) assert.deepEqual(said(other), said(lines), "everybody who listens hears the same");
    const messages = lines.filter((line) => "message" in line).map((line) => String(line["message"]));
    assert.match(messages.at(-1) ?? "", /^\[3\/3\] ✓ \w+ completed successfully/);
    assert.deepEqual(said(await readStream(logs)), said(lines), "a later reader gets the same");
    assert.deepEqual(said(await readStream(logs, "3")), said(lines).slice(3), "one that was cut off goes on after what it saw");
    assert.equal((await getJson(`${scene.url}/api/jenkins/download/${String(started.body["job_id"])}/status`))["status"], "success");

    assert.deepEqual(
      list((await getJson(`${api}/dashboard/modules/6.1`))["modules"]).map((each) => each["name"]),
      ["business_policy", "routing", "vpn_module"],
    );
    assert.equal((await getJson(`${api}/dashboard/releases`))["releases"]?.[0]?.["name"], "6.1");
    const summary = await getJson(`${api}/dashboard/summary/6.1/__all__`);
    assert.deepEqual([summary["latest"]?.["parent_job_id"], summary["latest"]?.["modules"], summary["latest"]?.["total"]], ["101", 3, 135]);
    assert.equal((await getJson(`${api}/jobs/6.1/routing`))["jobs"]?.[0]?.["job_id"], "8");
    assert.equal((await getJson(`${api}/jobs/6.1/routing/8`))["import_state"], "complete");
    const failed = await getJson(`${api}/jobs/6.1/routing/8/tests?statuses=FAILED&statuses=SKIPPED&topology=5s`);
    assert.deepEqual(
      list(failed["tests"]).map((each) => each["status"]),
      ["FAILED", "SKIPPED"],
    );
    assert.equal(list((await getJson(`${api}/jobs/6.1/routing/8/tests?limit=2&skip=1`))["tests"]).length, 2);
    assert.equal((await getJson(`${api}/trends/6.1/routing?behaviours=always-failing`))["total"], 1);
    assert.equal((await getJson(`${api}/dashboard/flaky-summary/6.1`))["total"]?.["always-failing"], 3);
    for (const missing of [
      "dashboard/modules/9.9",
      "dashboard/summary/6.1/none",
      "dashboard/flaky-summary/9.9",
      "jobs/6.1/none",
      "jobs/6.1/routing/99",
      "jobs/6.1/routing/99/tests",
      "trends/6.1/none",
      "nothing",
    ])
      await getJson(`${api}/${missing}`, 404);
    await getJson(`${api}/jobs/6.1/routing/8/tests?limit=1001`, 400);
    await getJson(`${api}/jobs/6.1/routing/8/tests?statuses=ODD`, 400);
    const metrics = await (await fetch(`${scene.url}/metrics`)).text();
    assert.match(metrics, /test_results_imports_total\{state="complete",cause="none"\} 3\n/);
    assert.match(metrics, /test_results_imports_total\{state="quarantined",cause="over-memory"\} 0\n/);
    assert.match(metrics, /test_results_rows_total\{op="written"\} 135\n/);
    assert.match(metrics, /test_results_import_seconds_count\{step="download"\} 3\n/);
    assert.match(metrics, /test_results_junit_unmatched_total 3\n/);
    const removed = await fetch(`${api}/jenkins/download/${String(started.body["job_id"])}`, { method: "DELETE" });
    assert.equal(removed.status, 200);
    await getJson(`${api}/jenkins/download/${String(started.body["job_id"])}/status`, 404);
  });
});

describe("the service on a real runtime", () => {
  it("says heartbeats while nothing happens, refuses to remove what runs, polls once at a time", async (test) => {
    const scene = await makeScene(test);
    const jenkins = await makeJenkins(test);
    const api = `${scene.url}/api/v1`;
    jenkins.order({ path: "/job/QA_Release_6.1/101/", fault: "hang" });
    const started = await post(`${api}/jenkins/download`, { job_url: `${jenkins.parentUrl}101/` });
    const stream = await fetch(`${scene.url}${String(started.body["logs_url"])}`);
    let text = "";
    for await (const piece of stream.body ?? []) {
      text += Buffer.from(piece).toString("utf8");
      if (text.includes("heartbeat")) break;
    }
    assert.match(text, /data: \{"type":"heartbeat"\}/);
    const refused = await fetch(`${api}/jenkins/download/${String(started.body["job_id"])}`, { method: "DELETE" });
    assert.equal(refused.status, 400);
    const release = { name: "7.0", jenkins_job_url: jenkins.parentUrl, last_processed_build: 102 };
    await scene.service.database.write((transaction) => transaction.insertInto("releases").values(release).execute());
    assert.equal((await post(`${api}/jenkins/polling/toggle`, { enabled: false })).body["enabled"], false);
    const polls = await Promise.all([post(`${api}/jenkins/poll`, {}), post(`${api}/jenkins/poll`, {})]);
    assert.deepEqual(polls.map(({ status }) => status).sort(), [202, 409]);
    assert.equal((await post(`${api}/jenkins/download`, { job_url: "http://127.0.0.1:1/job/other/1/" })).status, 400);
    assert.equal((await post(`${api}/jenkins/download`, "{")).status, 400);
    const discovered = await post(`${api}/jenkins/discover-jobs`, { job_url: `${jenkins.parentUrl}102/` });
    assert.deepEqual(
      list(discovered.body["jobs"]).map((each) => each["key"]),
      ["VPN_MODULE_ESXI", "ROUTING_ESXI", "BUSINESS_POLICY_ESXI"],
    );
    const selected = await post(`${api}/jenkins/download-selected`, { job_url: `${jenkins.parentUrl}102/`, modules: ["ROUTING_ESXI"] });
    assert.equal((await readStream(`${scene.url}${String(selected.body["logs_url"])}`)).filter((line) => "message" in line).length, 3);
    await jenkins.close();
  });

  it("takes a report as a body, and refuses another kind of document", async (test) => {
    const scene = await makeScene(test, { ARTIFACT_MAX_BYTES: "100000" });
    const target = `${scene.url}/api/v1/junit?release=6.1&module=unit&job=1`;
    const accepted = await post(target, makeReport(30), "application/xml");
    assert.equal(accepted.status, 202);
    assert.deepEqual((await readStream(`${scene.url}${String(accepted.body["logs_url"])}`)).at(-1), { status: "success", error: null });
    assert.equal((await getJson(`${scene.url}/api/v1/jobs/6.1/unit/1`))["total"], 30);
    for (const body of ["<test-run/>", "no xml at all", "", '<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>']) {
      const refused = await post(target, body, "application/xml");
      assert.deepEqual([refused.status, refused.body["code"]], [415, "not_junit"], body);
    }
    assert.equal((await post(target, makeReport(3000), "application/xml")).status, 413);
    assert.equal((await post(`${scene.url}/api/v1/jenkins/download`, { job_url: "x".repeat(2_000_000) })).status, 413);
    assert.equal((await post(`${scene.url}/api/v1/junit?release=6.1`, "<testsuite/>", "application/xml")).status, 400);
  });

  it("imports two reports for one job one after the other, and keeps no file of what is stored", async (test) => {
    const scene = await makeScene(test);
    const send = async (cases: number): Promise<string> => {
      const accepted = await post(`${scene.url}/api/v1/junit?release=6.1&module=unit&job=1`, makeReport(cases), "application/xml");
      return String((await readStream(`${scene.url}${String(accepted.body["logs_url"])}`)).find((line) => "message" in line)?.["message"]);
    };
    const said = await Promise.all([send(300), send(200)]);
    assert.deepEqual(said.map((line) => /successfully: \d+ tests/.exec(line)?.[0]).sort(), ["successfully: 200 tests", "successfully: 300 tests"]);
    const { total } = await getJson(`${scene.url}/api/v1/jobs/6.1/unit/1`);
    assert.match(await send(Number(total)), /skipped: already imported/);
    await scene.service.conductor.idle();
    assert.deepEqual(readdirSync(join(scene.directory, "logs", "uploads")), []);
  });

  it("asks for a download again although it died twice", async (test) => {
    const scene = await makeScene(test);
    const jenkins = await makeJenkins(test);
    jenkins.order({ path: "/job/ROUTING-ESXI/8/artifact", fault: "hang" });
    const { conductor } = scene.service;
    const download = async (): Promise<string | undefined> => {
      const id = await conductor.download({ release: null, jobUrl: `${jenkins.parentUrl}101/`, skipExisting: true, keys: ["ROUTING_ESXI"] });
      await conductor.idle();
      return (await conductor.runs.find(id))?.state;
    };
    const kill = scene.service.runtime.onEvent((event) => {
      if (event.kind === "attempt.started" && event.type === "test-results.download") process.kill(event.pid, "SIGKILL");
    });
    assert.equal(await download(), "failed");
    kill();
    jenkins.order({ path: "/job/ROUTING-ESXI/8/artifact", fault: "none" });
    assert.equal(await download(), "success");
  });

  it("puts a report that nobody can read into quarantine; the worker lives and takes the next", async (test) => {
    const scene = await makeScene(test);
    const post1 = async (job: string, body: string): Promise<Json | undefined> => {
      const accepted = await post(`${scene.url}/api/v1/junit?release=6.1&module=unit&job=${job}`, body, "application/xml");
      assert.equal(accepted.status, 202);
      return (await readStream(`${scene.url}${String(accepted.body["logs_url"])}`)).at(-1);
    };
    const refused = await post1("1", `<testsuite>${"<x>".repeat(1000)}`);
    assert.equal(refused?.["status"], "failed");
    assert.match(String(refused?.["error"]), /^oversize: report\.xml: too_deep: .*line 1/);
    const [entry] = list((await getJson(`${scene.url}/api/v1/quarantine`))["quarantine"]);
    assert.equal(entry?.["job"], "1");
    assert.equal((await post1("2", '<testsuite><testcase name="a"/></testsuite>'))?.["status"], "success");
    const pids = scene.events.flatMap((event) => (event.kind === "attempt.started" && event.type === "test-results.import" ? [event.pid] : []));
    assert.deepEqual([pids.length, new Set(pids).size], [2, 1]);
  });

  it("runs files above the limit in the large lane, and answers while it does", async (test) => {
    const scene = await makeScene(test, { LARGE_CASES: "2000", BATCH_SIZE: "50" });
    const directory = join(scene.directory, "big");
    await writeTree(directory, { "junit/5s/r.xml": makeReport(9000, 500) });
    const importing = scene.service.conductor.importNow({ release: "6.1", module: "big", job: "1", directory });
    await scene.event((event) => event.kind === "attempt.progress" && event.type === "test-results.import-large");
    const health = (await getJson(`${scene.url}/health`))["data"];
    assert.equal(health?.["imports"]?.[0]?.["module"], "big");
    assert.equal(health?.["journal_mode"], "wal");
    assert.equal((await importing).kind, "imported");
    assert.equal((await getJson(`${scene.url}/api/v1/jobs/6.1/big/1`))["total"], 9000);
  });

  it("waits for a database that another process has locked, then names it lock-contention; nothing is lost", async (test) => {
    const scene = await makeScene(test, { DB_BUSY_SECONDS: "1" });
    const directory = join(scene.directory, "input");
    await writeTree(directory, { "r.xml": makeReport(20) });
    await scene.service.conductor.importNow({ release: "6.1", module: "unit", job: "0", directory });
    const other = new DatabaseSync(join(scene.directory, "results.db"));
    await takeLock(other);
    // The import itself is asked for while the lock is held; what the conductor writes waits for it too, so it is told directly.
    const { id } = await scene.service.runtime.control.enqueue({ type: "test-results.import", input: JSON.stringify({ release: "6.1", module: "unit", job: "1", directory }) });
    const ended = await scene.event((event) => event.kind === "attempt.ended" && event.jobId === id);
    assert.equal(ended.kind === "attempt.ended" && ended.cause, "lock-contention");
    assert.equal(ended.kind === "attempt.ended" && ended.next, "retry");
    other.exec("ROLLBACK");
    other.close();
    const settled = await scene.event((event) => event.kind === "job.settled" && event.jobId === id && event.state !== "retrying");
    assert.equal(settled.kind === "job.settled" && settled.state, "succeeded");
    assert.equal((await getJson(`${scene.url}/api/v1/jobs/6.1/unit/1`))["total"], 20);
  });

  it("quarantines a job whose importer died twice, skips it, and imports it again when it is released", async (test) => {
    // Long enough that the signal arrives while it runs.
    const scene = await makeScene(test, { BATCH_SIZE: "20" });
    const directory = join(scene.directory, "input");
    await writeTree(directory, { "r.xml": makeReport(9000) });
    const kill = scene.service.runtime.onEvent((event) => {
      if (event.kind === "attempt.started" && event.type === "test-results.import") process.kill(event.pid, "SIGKILL");
    });
    const end = await scene.service.conductor.importNow({ release: "6.1", module: "unit", job: "1", directory });
    kill();
    assert.deepEqual([end.kind, end.kind === "failed" && end.cause], ["failed", "killed"]);
    const listed = (await getJson(`${scene.url}/api/v1/quarantine`))["quarantine"];
    assert.match(String(listed?.[0]?.["reason"]), /^killed: /);
    assert.equal((await getJson(`${scene.url}/health`))["data"]?.["quarantined"], 1);
    assert.equal((await getJson(`${scene.url}/api/v1/jobs/6.1/unit/1`))["import_state"], "quarantined");
    assert.equal((await scene.service.conductor.importNow({ release: "6.1", module: "unit", job: "1", directory })).kind, "skipped");
    assert.equal((await post(`${scene.url}/api/v1/quarantine/6.1/unit/1/release`, {})).status, 200);
    await scene.service.conductor.idle();
    assert.equal((await getJson(`${scene.url}/api/v1/jobs/6.1/unit/1`))["total"], 9000);
    assert.equal((await post(`${scene.url}/api/v1/quarantine/6.1/unit/1/release`, {})).status, 404);
  });

  it("imports what a command has let go, although the runtime still holds what died", async (test) => {
    const scene = await makeScene(test, { BATCH_SIZE: "20" });
    const directory = join(scene.directory, "input");
    await writeTree(directory, { "r.xml": makeReport(9000) });
    const { conductor, database, runtime } = scene.service;
    const kill = runtime.onEvent((event) => {
      if (event.kind === "attempt.started" && event.type === "test-results.import") process.kill(event.pid, "SIGKILL");
    });
    const request = { release: "6.1", module: "unit", job: "1", directory };
    assert.equal((await conductor.importNow(request)).kind, "failed");
    kill();
    const entry = await findQuarantined(database.read, "6.1/unit/1");
    await releaseQuarantined(database, entry?.key ?? 0);
    assert.equal((await conductor.importNow(request)).kind, "imported");
  });

  it("ends an importer that makes no progress, and starts the next job", async (test) => {
    const scene = await makeScene(test, { STALL_SECONDS: "10", BATCH_SIZE: "20" });
    const directory = join(scene.directory, "input");
    await writeTree(directory, { "r.xml": makeReport(9000) });
    let worker = 0;
    const freeze = scene.service.runtime.onEvent((event) => {
      if (event.kind === "attempt.started" && event.type === "test-results.import") worker = event.pid;
      // The stall clock runs from the first progress on.
      if (event.kind === "attempt.progress" && event.type === "test-results.import") signalTree(worker, "SIGSTOP");
    });
    const stuck = await scene.service.conductor.importNow({ release: "6.1", module: "stuck", job: "1", directory });
    freeze();
    assert.ok(stuck.kind === "failed" && (stuck.cause === "stalled" || stuck.cause === "blocked"), JSON.stringify(stuck));
    const next = await scene.service.conductor.importNow({ release: "6.1", module: "next", job: "1", directory });
    assert.equal(next.kind, "imported", JSON.stringify(next));
    const [waiting] = list((await getJson(`${scene.url}/api/v1/quarantine`))["quarantine"]);
    assert.equal(waiting?.["module"], "stuck");
  });
});
