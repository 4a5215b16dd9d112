import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { createConductor, type Conductor } from "../src/conduct/conductor.ts";
import { onEachDatabase, type FreshDatabase } from "workload-database/testing";
import { openDatabase, type Database } from "../src/database/database.ts";
import { createJenkinsClient, type JenkinsClient } from "../src/jenkins/client.ts";
import { discoverBuild } from "../src/jenkins/discover.ts";
import { downloadArtifacts, removeDownloads } from "../src/jenkins/download.ts";
import { keptArtifacts } from "../src/jenkins/names.ts";
import { readSettings, type Settings } from "../src/settings.ts";
import { startStandIn, type StandIn } from "../src/stand-in/server.ts";
import { makeWorld } from "../src/stand-in/world.ts";
import { createInProcessRunner } from "./in-process-runner.ts";
import { queryAll } from "./workbench.ts";
import { cleanUp, makeDirectory } from "workload-command-line/testing";

interface Scene {
  readonly jenkins: StandIn;
  readonly database: Database;
  readonly conductor: Conductor;
  readonly settings: Settings;
  readonly ran: readonly string[];
  readonly directory: string;
  /** Waits for the end and answers state, error and every line that was said. */
  follow(runId: string | null): Promise<{ readonly state: string; readonly error: string | null; readonly said: readonly string[] }>;
}

async function makeSceneOn(fresh: FreshDatabase, test: TestContext, environment: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const directory = await makeDirectory(test);
  const url = await fresh({ after: (action) => cleanUp(test, action as () => unknown) });
  const jenkins = await startStandIn(makeWorld({ casesPerModule: 40, builds: 3, paths: null }));
  cleanUp(test, () => jenkins.close());
  const settings = readSettings({
    ...(url.startsWith("postgres:") ? { DATABASE_URL: url } : { DB_PATH: url }),
    LOGS_BASE_PATH: join(directory, "logs"),
    RETRY_SECONDS: "0,0,0",
    REQUEST_TIMEOUT_SECONDS: "60",
    ...environment,
  });
  const database = await openDatabase(settings);
  cleanUp(test, () => database.close());
  const runner = createInProcessRunner(settings, directory);
  let tick = Date.UTC(2026, 1, 1);
  const conductor = createConductor({ database, runner, settings, owner: "test", now: () => new Date((tick += 1000)) });
  return {
    jenkins,
    database,
    conductor,
    settings,
    ran: runner.ran,
    directory,
    async follow(runId) {
      assert.ok(runId !== null);
      await conductor.idle();
      const run = await conductor.runs.find(runId);
      assert.ok(run !== null);
      return { state: run.state, error: run.error, said: (await conductor.runs.messages(runId, 0)).map(({ message }) => message) };
    },
  };
}

async function jobRows(database: Database): Promise<string[]> {
  const rows = await queryAll(
    database,
    "SELECT m.name, j.job_id, j.parent_job_id, j.total, j.import_state, j.environment, j.version FROM jobs j JOIN modules m ON m.id = j.module_id ORDER BY m.name, j.job_id",
  );
  return rows.map((row) => Object.values(row).join(" "));
}

/** The first value of the first row. */
async function valueOf(database: Database, text: string): Promise<unknown> {
  return Object.values((await queryAll(database, text))[0] ?? {})[0];
}

function lastProcessed(database: Database): Promise<unknown> {
  return valueOf(database, "SELECT last_processed_build FROM releases WHERE name = '6.1'");
}

const wholeBuild = { release: null, skipExisting: true, keys: null } as const;

onEachDatabase("the import of a Jenkins build", (fresh) => {
  const makeScene = (test: TestContext, environment: Readonly<Record<string, string>> = {}): Promise<Scene> => makeSceneOn(fresh, test, environment);

  it("goes on with its own runs; a server also with those of an older version, whose runs had no owner", async (test) => {
    const { conductor, database, jenkins } = await makeScene(test);
    const request = JSON.stringify({ ...wholeBuild, jobUrl: `${jenkins.parentUrl}101/` });
    const states = () => queryAll(database, "SELECT owner, state FROM runs ORDER BY owner");
    for (const owner of ["", "another", "test"])
      await database.write((transaction) =>
        transaction
          .insertInto("runs")
          .values({ id: `of ${owner}`, owner, kind: "download", request, state: "running", created_at: "2026-01-01T00:00:00.000Z" })
          .execute(),
      );
    for (const [adopts, nobodys] of [
      [false, "running"],
      [true, "success"],
    ] as const) {
      await conductor.resume(adopts);
      await conductor.idle();
      assert.deepEqual(
        (await states()).map(({ owner, state }) => `${String(owner)}: ${String(state)}`),
        [`: ${nobodys}`, "another: running", "test: success"],
      );
    }
  });

  it("fetches every module once, tells how it went, and leaves no artifacts behind", async (test) => {
    const scene = await makeScene(test);
    const { state, said } = await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}101/` }));
    assert.equal(state, "success");
    assert.equal(said.length, 5);
    assert.match(said.at(-1) ?? "", /^\[3\/3\] ✓ \w+ completed successfully: 45 tests/);
    assert.deepEqual(await jobRows(scene.database), [
      "business_policy 8 101 45 complete prod 6.1.0.101",
      "routing 8 101 45 complete prod 6.1.0.101",
      "vpn_module 8 101 45 complete prod 6.1.0.101",
    ]);
    assert.equal(await valueOf(scene.database, "SELECT count(*) AS n FROM test_results WHERE failure_message LIKE 'assert%'"), 3);
    assert.equal(await valueOf(scene.database, "SELECT sum(unmatched_junit) AS n FROM jobs"), 3);
    assert.deepEqual(await readdir(join(scene.settings.logsBasePath, "6.1", "vpn_module")), []);
    const requests = scene.jenkins.log().length;
    const again = await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}101/` }));
    assert.equal(again.said.filter((line) => line.includes("skipped: already imported")).length, 3);
    assert.equal(
      scene.jenkins
        .log()
        .slice(requests)
        .filter(({ url }) => url.includes("/artifact/hapy")).length,
      0,
      "nothing is fetched to know that nothing changed",
    );
  });

  it("imports again with the same rows when it is told to", async (test) => {
    const scene = await makeScene(test);
    const jobUrl = `${scene.jenkins.parentUrl}102/`;
    const dump = async (): Promise<string> =>
      JSON.stringify(
        await queryAll(
          scene.database,
          "SELECT job_id, topology, file_path, class_name, test_name, occurrence, status, order_index, failure_message, was_rerun FROM test_results ORDER BY 1, 2, 8",
        ),
      );
    await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl }));
    const first = await dump();
    const { state } = await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl, skipExisting: false }));
    assert.equal(state, "success");
    assert.equal(await dump(), first);
  });

  it("leaves the files of one download alone when the next one begins", async (test) => {
    const scene = await makeScene(test);
    const [build] = makeWorld({ casesPerModule: 40, builds: 1, paths: null }).modules;
    assert.ok(build !== undefined);
    const client = createJenkinsClient(scene.settings, new AbortController().signal);
    const found = await discoverBuild(client, { jobUrl: `${scene.jenkins.parentUrl}101/`, release: null, keys: [build.key] }, () => undefined);
    const [each] = found.modules;
    assert.ok(each?.kind === "found");
    const request = { url: each.module.url, home: join(scene.directory, "8"), artifacts: each.module.artifacts };
    const first = await downloadArtifacts(client, request, () => undefined);
    const before = await readdir(first.directory, { recursive: true });
    const second = downloadArtifacts(client, request, () => undefined);
    assert.notEqual((await second).directory, first.directory);
    assert.deepEqual(await readdir(first.directory, { recursive: true }), before);
    await removeDownloads(request.home, first.directory);
    assert.deepEqual(await readdir(first.directory, { recursive: true }), before);
    await removeDownloads(request.home, null);
    await assert.rejects(readdir(request.home), { code: "ENOENT" });
  });

  it("imports a report whose name is long, and two that differ in odd characters only", async (test) => {
    const scene = await makeScene(test);
    const home = join(scene.directory, "long");
    const names = [`TEST-${"a".repeat(300)}.xml`, `TEST-${"a".repeat(301)}.xml`, "a b.xml", "a_b.xml"];
    const report = '<testsuite><testcase name="a"/></testsuite>';
    const artifacts = keptArtifacts(names.map((name) => `hapy/reports/junit/5 s/${name}`));
    const client: JenkinsClient = { json: () => assert.fail(), file: async (_, path) => writeFile(path, report).then(() => report.length) };
    const { directory } = await downloadArtifacts(client, { url: "http://127.0.0.1/", home, artifacts }, () => undefined);
    const end = await scene.conductor.importNow({ release: "6.1", module: "unit", job: "1", directory });
    assert.ok(end.kind === "imported" && end.counts.total === 4, JSON.stringify(end));
    assert.equal(await valueOf(scene.database, "SELECT min(topology) FROM test_results"), "5 s");
  });

  it("joins a download of the same build that is under way", async (test) => {
    const scene = await makeScene(test);
    const request = { ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}101/` };
    const first = await scene.conductor.download(request);
    assert.equal(await scene.conductor.download(request), first);
    await scene.conductor.idle();
    assert.notEqual(await scene.conductor.download(request), first);
    await scene.conductor.idle();
  });

  it("takes only the modules that were chosen", async (test) => {
    const scene = await makeScene(test);
    await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}101/`, keys: ["ROUTING_ESXI"] }));
    assert.deepEqual(await jobRows(scene.database), ["routing 8 101 45 complete prod 6.1.0.101"]);
  });

  it("refuses a build whose release nobody can tell", async (test) => {
    const scene = await makeScene(test);
    await assert.rejects(scene.conductor.download({ ...wholeBuild, jobUrl: "http://127.0.0.1:1/job/other/1/" }), { code: "usage" });
  });

  const faults: readonly (readonly [string, object, string, Readonly<Record<string, string>>?])[] = [
    ["a server error", { fault: "500" }, "network"],
    ["a server that never answers", { fault: "hang" }, "network", { REQUEST_TIMEOUT_SECONDS: "1.5", RETRY_SECONDS: "0" }],
    ["a connection that is reset", { fault: "reset" }, "network"],
    ["an answer that is cut off", { fault: "truncated", bytes: 300 }, "network"],
    ["an answer that never ends", { fault: "endless" }, "oversize", { ARTIFACT_MAX_BYTES: "200000" }],
    ["a huge file", { fault: "huge", bytes: 2_000_000 }, "oversize", { ARTIFACT_MAX_BYTES: "200000" }],
    ["a wrong token", { fault: "401" }, "unauthorized"],
    ["a file that is gone", { fault: "404" }, "not_found"],
  ];
  for (const [title, fault, cause, environment] of faults) {
    it(`${title}: that module fails with ${cause}, the others are complete`, async (test) => {
      const scene = await makeScene(test, environment);
      scene.jenkins.order({ path: "/job/ROUTING-ESXI/8/artifact/hapy/logs/re_run", ...(fault as { fault: "500" }) });
      const { state, error, said } = await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}101/` }));
      assert.equal(state, "partial");
      assert.match(error ?? "", /^routing: /);
      assert.ok(
        said.some((line) => line.includes(`✗ routing failed: ${cause}: `)),
        said.join("\n"),
      );
      assert.deepEqual(await jobRows(scene.database), [
        "business_policy 8 101 45 complete prod 6.1.0.101",
        "routing 8 101 0 failed prod ",
        "vpn_module 8 101 45 complete prod 6.1.0.101",
      ]);
      scene.jenkins.order({ path: "/job/ROUTING-ESXI/8/artifact/hapy/logs/re_run", fault: "none" });
      const again = await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}101/` }));
      assert.equal(again.state, "success");
    });
  }

  it("survives short faults by trying again, but asks once where another try cannot help", async (test) => {
    const scene = await makeScene(test);
    const order = "/job/ROUTING-ESXI/8/artifact/hapy/logs/re_run";
    scene.jenkins.order({ path: order, fault: "500", count: 3 });
    const { state } = await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}101/` }));
    assert.equal(state, "success");
    assert.equal(scene.jenkins.log().filter(({ url }) => url.includes(order)).length, 4);
    const other = "/job/ROUTING-ESXI/9/artifact/hapy/logs/re_run";
    scene.jenkins.order({ path: other, fault: "404" });
    await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}102/` }));
    assert.equal(scene.jenkins.log().filter(({ url }) => url.includes(other)).length, 1);
  });

  it("keeps what a broken report said, as partial", async (test) => {
    const scene = await makeScene(test);
    scene.jenkins.order({ path: "/job/ROUTING-ESXI/8/artifact/hapy/reports", fault: "malformed" });
    const { state, said } = await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}101/` }));
    assert.equal(state, "partial");
    assert.ok(
      said.some((line) => /~ routing imported in part: 45 tests.*malformed at line 1, column \d+/.test(line)),
      said.join("\n"),
    );
    assert.equal((await readdir(join(scene.settings.logsBasePath, "6.1", "routing", "8"))).length > 0, true, "artifacts stay after a partial import");
  });
});

onEachDatabase("polling", (fresh) => {
  const makeScene = (test: TestContext): Promise<Scene> => makeSceneOn(fresh, test);

  async function begin(scene: Scene): Promise<void> {
    const release = { name: "6.1", jenkins_job_url: scene.jenkins.parentUrl, last_processed_build: 100 };
    await scene.database.write((transaction) => transaction.insertInto("releases").values(release).execute());
  }

  it("processes new builds oldest first, and moves the release to the last one that is done", async (test) => {
    const scene = await makeScene(test);
    await begin(scene);
    const { state, said } = await scene.follow(await scene.conductor.poll());
    assert.equal(state, "success");
    assert.ok(said.includes(`${scene.jenkins.parentUrl}: builds 101, 102, 103`));
    assert.equal(await lastProcessed(scene.database), 103);
    assert.equal(await valueOf(scene.database, "SELECT count(*) AS n FROM jobs WHERE import_state = 'complete'"), 9);
    const again = await scene.follow(await scene.conductor.poll());
    assert.ok(again.said.includes(`${scene.jenkins.parentUrl}: no new builds`));
  });

  it("does not pass a build of which one module failed, and takes it up again", async (test) => {
    const scene = await makeScene(test);
    await begin(scene);
    scene.jenkins.order({ path: "/job/ROUTING-ESXI/9/", fault: "500" });
    const { state } = await scene.follow(await scene.conductor.poll());
    assert.equal(state, "partial");
    assert.equal(await lastProcessed(scene.database), 101);
    assert.deepEqual(Object.values((await queryAll(scene.database, "SELECT status, modules_downloaded FROM polling_logs"))[0] ?? {}), ["partial", 8]);
    scene.jenkins.order({ path: "/job/ROUTING-ESXI/9/", fault: "none" });
    assert.equal((await scene.follow(await scene.conductor.poll())).state, "success");
    assert.equal(await lastProcessed(scene.database), 103);
  });

  it("does not pass such a build although a later one was downloaded before", async (test) => {
    const scene = await makeScene(test);
    await begin(scene);
    await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}103/` }));
    assert.equal(await lastProcessed(scene.database), 100);
    scene.jenkins.order({ path: "/job/ROUTING-ESXI/9/", fault: "500" });
    await scene.follow(await scene.conductor.poll());
    assert.equal(await lastProcessed(scene.database), 101);
  });

  it("does not pass a build that could not be looked at", async (test) => {
    const scene = await makeScene(test);
    await begin(scene);
    scene.jenkins.order({ path: "/job/QA_Release_6.1/102/artifact/build_map.json", fault: "500" });
    await scene.follow(await scene.conductor.poll());
    assert.equal(await lastProcessed(scene.database), 101);
  });

  it("passes a build that ended before it said which modules it has", async (test) => {
    const scene = await makeScene(test);
    await begin(scene);
    scene.jenkins.order({ path: "/job/QA_Release_6.1/102/artifact/build_map.json", fault: "missing-artifact" });
    const { said } = await scene.follow(await scene.conductor.poll());
    assert.ok(said.includes("Build 102 has no build_map.json, and so no modules"), said.join("\n"));
    assert.equal(await lastProcessed(scene.database), 103);
    const asked = await scene.follow(await scene.conductor.download({ ...wholeBuild, jobUrl: `${scene.jenkins.parentUrl}102/` }));
    assert.deepEqual([asked.state, asked.error], ["failed", "not_found: the build has no build_map.json"]);
  });

  it("passes a module that kept nothing, or whose build was removed, when it was so twice", async (test) => {
    const scene = await makeScene(test);
    await begin(scene);
    scene.jenkins.order({ path: "/job/ROUTING-ESXI/9/artifact", fault: "missing-artifact" });
    scene.jenkins.order({ path: "/job/VPN-MODULE-ESXI/9/api", fault: "404" });
    await scene.follow(await scene.conductor.poll());
    assert.equal(await lastProcessed(scene.database), 101);
    assert.deepEqual(
      (await jobRows(scene.database)).filter((row) => row.includes(" empty ")),
      ["routing 9 102 0 empty prod ", "vpn_module 9 102 0 empty prod "],
    );
    const { state, said } = await scene.follow(await scene.conductor.poll());
    assert.equal(state, "success", said.join("\n"));
    assert.ok(
      said.some((line) => line.endsWith("- vpn_module skipped: Jenkins has removed build 9")),
      said.join("\n"),
    );
    assert.equal(await lastProcessed(scene.database), 103);
  });

  it("does not take a module for removed whose whole job cannot be seen", async (test) => {
    const scene = await makeScene(test);
    await begin(scene);
    scene.jenkins.order({ path: "/job/VPN-MODULE-ESXI/", fault: "404" });
    await scene.follow(await scene.conductor.poll());
    await scene.follow(await scene.conductor.poll());
    assert.equal(await lastProcessed(scene.database), 100);
  });

  it("runs once at a time", async (test) => {
    const scene = await makeScene(test);
    await begin(scene);
    const first = scene.conductor.poll();
    assert.equal(await scene.conductor.poll(), null);
    assert.ok((await first) !== null);
    await scene.conductor.idle();
    assert.equal(scene.conductor.pollState(), "idle");
  });
});
