import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { startStandIn } from "../src/stand-in/server.ts";
import { makeWorld } from "../src/stand-in/world.ts";
import { makeReport, openAt, queryAll, writeTree } from "./workbench.ts";
import { cleanUp, driveProgram, makeDirectory, serveOnLoopback } from "workload-command-line/testing";

const program = join(import.meta.dirname, "..", "src", "cli.ts");

const { run, serve } = driveProgram(program, (directory) => ({
  DB_PATH: join(directory, "results.db"),
  RUNTIME_DIR: join(directory, "runtime"),
  LOGS_BASE_PATH: join(directory, "logs"),
  RETRY_SECONDS: "0",
  PORT: "0",
}));

describe("test-results, the command", () => {
  it("imports files, trees and directories, and tells by its exit code how it went", async (test) => {
    const directory = await makeDirectory(test);
    await writeTree(directory, {
      "good.xml": makeReport(14),
      "cut.xml": '<testsuite><testcase name="a"/><testcase',
      "other.xml": "<test-run/>",
      "logs/6.1/vpn/7/1_bp_5s.order.txt": "[10.0.0.1] PASSED data_plane/tests/vpn/a_test.py::TestA::test_a",
      "logs/6.1/vpn/8/1_bp_5s.order.txt": "[10.0.0.1] FAILED data_plane/tests/vpn/a_test.py::TestA::test_a",
      "empty/readme.txt": "",
    });
    const name = ["--release", "6.1", "--module", "unit", "--job"];
    const good = await run(directory, ["--json", "import-junit", "good.xml", ...name, "1", "--topology", "5s"]);
    assert.equal(good.code, 0, good.err);
    assert.deepEqual(JSON.parse(good.out), {
      schema: 1,
      release: "6.1",
      module: "unit",
      job: "1",
      kind: "imported",
      state: "complete",
      detail: "14 tests, 12 passed, 2 failed, 0 skipped, pass rate 85.71",
      counts: { total: 14, passed: 12, failed: 2, skipped: 0, pass_rate: 85.71 },
    });
    const partial = await run(directory, ["import-junit", "cut.xml", ...name, "2"]);
    assert.deepEqual([partial.code, /PART 6.1\/unit\/2  1 tests.*line 1, column/.test(partial.out)], [5, true], partial.out);
    const refused = await run(directory, ["import-junit", "other.xml", ...name, "3"]);
    assert.deepEqual([refused.code, /FAIL 6.1\/unit\/3  not_junit/.test(refused.out)], [6, true], refused.out);
    const held = await run(directory, ["import-junit", "other.xml", ...name, "3"]);
    assert.deepEqual([held.code, /SKIP 6.1\/unit\/3 {2}in quarantine/.test(held.out)], [6, true], held.out);
    assert.equal((await run(directory, ["import-tree", "logs"])).code, 0);
    assert.equal((await run(directory, ["import", "6.1", "vpn", "7", "logs/6.1/vpn/7"])).out.trim().startsWith("SKIP"), true);
    const trends = await run(directory, ["trends", "--release", "6.1", "--module", "vpn"]);
    assert.equal(trends.code, 0);
    assert.match(trends.out, /^P F\s+new-failure\s+vpn {2}5s {2}TestA::test_a\n$/);
    assert.match((await run(directory, ["stats"])).out, /6\.1 {2}vpn\s+2 jobs {2}2 tests {2}1 passed {2}1 failed/);
    for (const [code, words] of [
      [4, ["import", "6.1", "vpn", "9", "empty"]],
      [2, ["import", "6.1", "vpn", "9", "nowhere"]],
      [2, ["import-junit", "nowhere.xml", ...name, "9"]],
      [4, ["trends", "--release", "9.9"]],
      [2, ["trends", "--release", "6.1", "--behaviour", "odd"]],
      [4, ["delete-parent", "999"]],
      [4, ["quarantine", "release", "1"]],
      [0, ["quarantine", "list"]],
      [2, ["import-junk"]],
      [2, ["import"]],
      [0, ["--help"]],
    ] as const) {
      const ended = await run(directory, words);
      assert.equal(ended.code, code, `${words.join(" ")}: ${ended.out}${ended.err}`);
    }
    assert.equal((await run(directory, ["stats"], { BATCH_SIZE: "many" })).code, 3);
    assert.match((await run(directory, ["import-junk"])).err, /import-junit/);
  });

  it("downloads from a Jenkins, moves releases and removes a parent build", async (test) => {
    const directory = await makeDirectory(test);
    const jenkins = await startStandIn(makeWorld({ casesPerModule: 12, builds: 2, paths: null }));
    cleanUp(test, () => jenkins.close());
    const ended = await run(directory, ["download", `${jenkins.parentUrl}101/`]);
    assert.deepEqual([ended.code, ended.out], [0, "success\n"], ended.err);
    assert.match(ended.err, /\[3\/3\] ✓/);
    assert.match((await run(directory, ["sync-last-processed"])).out, /^6\.1: 0 -> 101\n$/);
    jenkins.order({ path: "/job/ROUTING-ESXI/9/artifact", fault: "404" });
    assert.equal((await run(directory, ["poll", "--once"])).code, 5);
    assert.match((await run(directory, ["sync-last-processed"])).out, /^6\.1: 101 -> 101\n$/);
    const database = await openAt(join(directory, "results.db"));
    await database.write((transaction) => transaction.insertInto("releases").values({ id: 9, name: "7.0" }).execute());
    await database.write((transaction) => transaction.insertInto("modules").values({ id: 9, release_id: 9, name: "vpn" }).execute());
    await database.write((transaction) =>
      transaction.insertInto("jobs").values({ module_id: 9, job_id: "1", parent_job_id: "101", created_at: "2026-01-01T00:00:00.000Z" }).execute(),
    );
    await database.close();
    const several = await run(directory, ["delete-parent", "101"]);
    assert.deepEqual([several.code, /several releases have a parent build 101: 6\.1, 7\.0/.test(several.err)], [6, true], several.err);
    assert.equal((await run(directory, ["delete-parent", "101", "--release", "9.9"])).code, 4);
    assert.match((await run(directory, ["delete-parent", "101", "--release", "6.1"])).out, /^6\.1: removed 3 jobs/);
    assert.match((await run(directory, ["delete-parent", "101"])).out, /^7\.0: removed 1 jobs/);
  });

  it("serve ends with its error when the port is taken, and lets go of its directory", async (test) => {
    const directory = await makeDirectory(test);
    const port = await serveOnLoopback(test, (_, response) => void response.end());
    const ended = await run(directory, ["serve"], { PORT: String(port) });
    assert.deepEqual([ended.code, /EADDRINUSE/.test(ended.err)], [1, true], ended.err);
    const server = await serve(test, directory);
    assert.equal(await server.end("SIGTERM"), 0);
  });

  it("serve that was killed goes on with what it was doing", async (test) => {
    const directory = await makeDirectory(test);
    const jenkins = await startStandIn(makeWorld({ casesPerModule: 60, builds: 1, paths: null }));
    cleanUp(test, () => jenkins.close());
    const slow = "/job/ROUTING-ESXI/8/artifact/hapy/reports";
    jenkins.order({ path: slow, fault: "hang", count: 1 });
    const first = await serve(test, directory);
    const { url } = first.ready;
    const id = await startDownload(url, `${jenkins.parentUrl}101/`);
    await untilSaid(`${url}/api/v1/jenkins/download/${id}`, "[2/3]");
    await writeTree(directory, { "good.xml": makeReport(3) });
    assert.equal((await run(directory, ["import-junit", "good.xml", "--release", "9.9", "--module", "unit", "--job", "1"])).code, 0);
    assert.equal(await messagesWith(directory, "going on"), 0, "a command beside a server leaves the server's work to it");
    await first.end("SIGKILL");
    const second = await serve(test, directory);
    await untilSaid(`${second.ready.url}/api/v1/jenkins/download/${id}`, '"status":"success"');
    assert.equal(await second.end("SIGTERM"), 0);
    const database = await openAt(join(directory, "results.db"));
    cleanUp(test, () => database.close());
    assert.deepEqual(
      Object.values((await queryAll(database, "SELECT count(*) AS jobs, sum(total) AS total, min(import_state) AS state FROM jobs WHERE parent_job_id = '101'"))[0] ?? {}),
      [3, 195, "complete"],
    );
  });

  it("serve that was killed during an import has all of it in the end, and no artifacts", async (test) => {
    const directory = await makeDirectory(test);
    const world = makeWorld({ casesPerModule: 1200, builds: 1, paths: null });
    const jenkins = await startStandIn({ ...world, modules: world.modules.filter(({ key }) => key === "ROUTING_ESXI") });
    cleanUp(test, () => jenkins.close());
    // One row at a time: the signal arrives while it imports.
    const first = await serve(test, directory, undefined, { BATCH_SIZE: "1" });
    const id = await startDownload(first.ready.url, `${jenkins.parentUrl}101/`);
    await untilWriting(first.ready.url);
    await first.end("SIGKILL");
    // A download that lasts until the import that was lost is over, if it was begun before.
    const slow = "/job/ROUTING-ESXI/8/artifact/hapy/logs/re_run";
    jenkins.order({ path: slow, fault: "hang" });
    const patient = { REQUEST_TIMEOUT_SECONDS: "1", RETRY_SECONDS: Array.from({ length: 200 }, () => "0").join(","), STALL_SECONDS: "300" };
    const second = await serve(test, directory, undefined, patient);
    await untilImported(`${second.ready.url}/api/v1/jobs/6.1/routing/8`);
    jenkins.order({ path: slow, fault: "none" });
    await untilSaid(`${second.ready.url}/api/v1/jenkins/download/${id}`, '"status":"success"');
    assert.equal(await second.end("SIGTERM"), 0);
    const database = await openAt(join(directory, "results.db"));
    cleanUp(test, () => database.close());
    const counts = "SELECT min(j.import_state), max(j.total), count(*), sum(t.was_rerun), count(t.failure_message) FROM test_results t JOIN jobs j ON j.id = t.job_id";
    assert.deepEqual(Object.values((await queryAll(database, counts))[0] ?? {}), ["complete", 1205, 1205, 36, 36]);
    assert.deepEqual(await readdir(join(directory, "logs", "6.1", "routing")), []);
  });

  it("demo shows everything once and leaves nothing behind", async (test: TestContext) => {
    const directory = await makeDirectory(test);
    const ended = await run(directory, ["demo"]);
    assert.equal(ended.code, 0, ended.err + ended.out);
    assert.match(ended.out, /DONE vitest {2}13 tests/);
    assert.match(ended.out, /regression {2}P P F F F/);
  });
});

async function startDownload(url: string, jobUrl: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/jenkins/download`, { method: "POST", body: JSON.stringify({ job_url: jobUrl }), headers: { "content-type": "application/json" } });
  return ((await response.json()) as { readonly job_id: string }).job_id;
}

/** Asks until an import has written something, and has not ended. */
async function untilWriting(url: string): Promise<void> {
  for (;;) {
    const { data } = (await (await fetch(`${url}/health`)).json()) as { readonly data: { readonly imports: readonly { readonly step: string; readonly written: number }[] } };
    if (data.imports.some(({ step, written }) => step === "write" && written > 0)) return;
  }
}

async function untilImported(url: string): Promise<void> {
  for (;;) {
    const job = (await (await fetch(url)).json()) as { readonly import_state: string };
    if (job.import_state === "complete") return;
  }
}

async function messagesWith(directory: string, text: string): Promise<unknown> {
  const database = await openAt(join(directory, "results.db"));
  const [row] = await queryAll(database, `SELECT count(*) AS n FROM run_messages WHERE message LIKE '%${text}%'`);
  await database.close();
  return row?.["n"];
}

/** Reads a stream until a text was said in it. */
async function untilSaid(url: string, text: string): Promise<void> {
  let said = "";
  const response = await fetch(url);
  for await (const piece of response.body ?? []) {
    said += Buffer.from(piece).toString("utf8");
    if (said.includes(text)) return;
  }
  assert.fail(`the stream ended without ${text}: ${said}`);
}
