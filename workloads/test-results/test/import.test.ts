import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sql } from "kysely";
import { isContention } from "workload-database";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { onEachDatabase } from "workload-database/testing";
import { importJob } from "../src/import/import-job.ts";
import { importRequest } from "../src/import/request.ts";
import { dumpJob, makeBench, makeReport, openAt, writeTree } from "./workbench.ts";
import { cleanUp } from "workload-command-line/testing";

const FILE = "data_plane/tests/routing/bgp/bgp_test.py";

onEachDatabase("an import in junit-only mode", (fresh) => {
  it("stores every case once; equal keys are told apart in file-name, then document order", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const files = {
      "b.xml": '<testsuite name="s"><testcase classname="C" name="a" time="2"/></testsuite>',
      "a.xml": '<testsuite name="s"><testcase classname="C" name="a"><skipped/></testcase><testcase classname="C" name="a"><failure>no</failure></testcase></testsuite>',
      "junit/5s/c.xml": '<testsuite name="s"><testcase classname="C" name="a"/><testcase/></testsuite>',
      "notes.txt": "not looked at",
    };
    const outcome = await bench.run(files);
    assert.deepEqual([outcome.state, outcome.total, outcome.passed, outcome.failed, outcome.skipped, outcome.passRate], ["complete", 5, 3, 1, 1, 60]);
    const first = await dumpJob(bench.database);
    assert.deepEqual(
      (await bench.all("SELECT topology, test_name, occurrence, status, order_index FROM test_results ORDER BY order_index")).map((row) => Object.values(row).join(" ")),
      ["junit a 1 SKIPPED 0", "junit a 2 FAILED 1", "junit a 3 PASSED 2", "5s a 1 PASSED 3", "5s (unnamed) 1 PASSED 4"],
    );
    assert.equal((await bench.run(files)).outcome, "skipped");
    assert.equal((await bench.run(files, { force: true })).outcome, "imported");
    assert.deepEqual(await dumpJob(bench.database), first);
  });

  it("five modules at once, each with a connection of its own, come to the same as one after the other", async (test) => {
    const names = ["1", "2", "3", "4", "5"];
    const files = (job: string) => ({ "a.xml": makeReport(200 + Number(job)), "b.xml": makeReport(60) });
    const importAll = async (isParallel: boolean): Promise<object[]> => {
      const bench = await makeBench(test, { batchSize: 20 }, fresh);
      const importOne = async (job: string): Promise<object> => {
        const database = await openAt(bench.databaseUrl, 30_000);
        try {
          const directory = join(bench.directory, "modules", job);
          await writeTree(directory, files(job));
          const request = importRequest.parse({ release: "6.1", module: `module ${job}`, job, directory });
          assert.equal((await importJob(request, { ...bench.ports, database })).state, "complete");
          return await dumpJob(database, job);
        } finally {
          await database.close();
        }
      };
      if (isParallel) return await Promise.all(names.map(importOne));
      const dumps: object[] = [];
      for (const job of names) dumps.push(await importOne(job));
      return dumps;
    };
    assert.deepEqual(await importAll(true), await importAll(false));
  });

  it("takes names of any length, and tells equal ones apart", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const long = Array.from({ length: 3000 }, (_, index) => `part ${index * 7919}`).join(" ");
    const outcome = await bench.run({ "r.xml": `<testsuite name="${long}"><testcase name="${long}"/><testcase name="${long}"/><testcase name="${long}."/></testsuite>` });
    assert.equal(outcome.total, 3);
    assert.deepEqual(
      (await bench.all("SELECT occurrence, length(test_name) AS length FROM test_results ORDER BY order_index")).map((row) => Object.values(row).join(" ")),
      [`1 ${long.length}`, `2 ${long.length}`, `1 ${long.length + 1}`],
    );
  });

  it("numbers equal keys over any number of batches and files", async (test) => {
    const bench = await makeBench(test, { batchSize: 7 }, fresh);
    const cases = (count: number): string => `<testsuite>${Array.from({ length: count }, (_, index) => `<testcase classname="C" name="n${index % 5}"/>`).join("")}</testsuite>`;
    await bench.run({ "a.xml": cases(23), "b.xml": cases(40) });
    const rows = await bench.all(
      "SELECT test_name, min(occurrence) AS first, max(occurrence) AS last, count(DISTINCT occurrence) AS count FROM test_results GROUP BY test_name ORDER BY test_name",
    );
    assert.deepEqual(
      rows.map((row) => Object.values(row).join(" ")),
      ["n0 1 13 13", "n1 1 13 13", "n2 1 13 13", "n3 1 12 12", "n4 1 12 12"],
    );
    const found = await bench.all("SELECT occurrence FROM test_results WHERE test_name = 'n3' ORDER BY order_index");
    assert.deepEqual(
      found.map((row) => row["occurrence"]),
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it("counts cases, not what the suite claims", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const outcome = await bench.run({
      "r.xml": '<testsuites><testsuite tests="15" failures="9"><testcase name="a"/><testcase name="b"><error/></testcase><testcase name="c"/></testsuite></testsuites>',
    });
    assert.deepEqual([outcome.total, outcome.passed, outcome.failed, outcome.passRate], [3, 2, 1, 66.67]);
  });

  it("is empty when there is nothing in it, and tried again", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    for (const times of [1, 2]) {
      const outcome = await bench.run({ "r.xml": "<testsuites/>" });
      assert.deepEqual([outcome.outcome, outcome.state, outcome.total, outcome.passRate], ["imported", "empty", 0, 0]);
      assert.equal((await bench.first("SELECT empty_times AS n FROM jobs"))[0], times);
    }
  });

  it("refuses another kind of document and stores nothing", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    await assert.rejects(bench.run({ "r.xml": '<test-run result="Failed"/>' }), { code: "not_junit" });
    assert.deepEqual(
      (await bench.all("SELECT import_state, cause, total FROM jobs")).map((row) => Object.values(row)),
      [["failed", "not_junit", 0]],
    );
  });

  it("keeps what was read before a file breaks off, as partial, with line and column", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const outcome = await bench.run({
      "r.xml": '<testsuite name="s">\n<testcase name="a"/>\n<testcase name="b"/>\n<testcase name="c"',
      "s.xml": '<testsuite><testcase name="d"/></testsuite>',
    });
    assert.deepEqual([outcome.state, outcome.total], ["partial", 3]);
    assert.match(String((await bench.first("SELECT error FROM imports"))[0]), /r\.xml: (malformed|truncated) at line 4, column 1\d:/);
    const again = await bench.run({ "r.xml": '<testsuite name="s"><testcase name="a"/><testcase name="b"/></testsuite>', "s.xml": '<testsuite><testcase name="d"/></testsuite>' });
    assert.deepEqual([again.outcome, again.state, again.total], ["imported", "complete", 3]);
  });

  it("reads UTF-16 and Latin-1", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<?xml version="1.0" encoding="UTF-16"?><testsuite><testcase name="größe 😀"/></testsuite>', "utf16le")]);
    const latin1 = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><testsuite><testcase name="größe"/></testsuite>', "latin1");
    await bench.run({ "a.xml": utf16, "b.xml": latin1 });
    assert.deepEqual(
      (await bench.all("SELECT test_name FROM test_results ORDER BY order_index")).map((row) => row["test_name"]),
      ["größe 😀", "größe"],
    );
  });

  it("writes many cases in batches, statistics with the last, and reports every step", async (test) => {
    const seen: string[] = [];
    const visible: (readonly [number, unknown, unknown, number])[] = [];
    const bench = await makeBench(
      test,
      {
        batchSize: 100,
        report: (progress) => void seen.push(progress.step),
        async checkpoint({ written }) {
          const [state, total, rowsWritten] = await bench.first("SELECT import_state, total, rows_written FROM jobs");
          visible.push([written, state, total, Number(rowsWritten)]);
        },
      },
      fresh,
    );
    const outcome = await bench.run({ "r.xml": makeReport(250, 10) });
    assert.equal(outcome.total, 250);
    assert.deepEqual(visible.at(-1), [200, "importing", 0, 200]);
    assert.ok(visible.length <= 2);
    for (const [noted, state, total, written] of visible) assert.ok(noted <= written && state === "importing" && total === 0, "what is noted is on disk");
    assert.deepEqual([...new Set(seen)], ["parse-junit", "write", "done"]);
  });
});

onEachDatabase("an import in merged mode", (fresh) => {
  const main = `header line
1: [10.0.0.5] PASSED ${FILE}::TestBgp::test_peer[a::b]
2: [10.0.0.5] FAILED ${FILE}::TestBgp::test_flap
3: [10.0.0.6] ERROR ${FILE}::TestBgp::test_setup
4: [10.0.0.6] SKIPPED ${FILE}::TestBgp::test_flap
5: [10.0.0.5] FAILED ${FILE}::TestBgp::test_down
[10.0.0.5] PASSED tests/a.py::test_only
`;
  const rerun = `[10.0.0.9] PASSED ${FILE}::TestBgp::test_setup
[10.0.0.9] FAILED ${FILE}::TestBgp::test_down
[10.0.0.9] PASSED ${FILE}::TestBgp::test_new
`;
  const report = `<testsuites><testsuite name="pytest"><testcase classname="data_plane.tests.routing.bgp.bgp_test.TestBgp" file="${FILE}" name="test_down" time="1.5">
    <failure message="down">\n trace \n</failure></testcase>
    <testcase classname="x.TestBgp" file="${FILE}" name="test_peer[a::b]" time="2"/><testcase classname="x.TestBgp" file="${FILE}" name="test_elsewhere"/></testsuite></testsuites>`;
  const files = { "1767888104_bp_5s.order.txt": main, "re_run_bp_5s.order.txt": rerun, "junit/5s/r.xml": report, "1767888105_bp_3s.order.txt": main };

  it("overwrites by the rerun, keeps the main order, joins messages, keeps topologies apart", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const outcome = await bench.run(files);
    assert.deepEqual([outcome.state, outcome.total, outcome.unmatchedJunit, outcome.ignoredLines], ["complete", 9, 1, 4]);
    const found = await bench.all(
      "SELECT topology, test_name, order_index, status, setup_ip, was_rerun, rerun_still_failed, failure_message, testcase_module FROM test_results ORDER BY topology DESC, order_index",
    );
    const rows = found.map((row) => Object.values(row).join("|"));
    assert.deepEqual(rows, [
      "5s|test_peer[a::b]|0|PASSED|10.0.0.5|0|0||routing",
      "5s|test_flap|1|SKIPPED|10.0.0.6|0|0||routing",
      "5s|test_setup|2|PASSED|10.0.0.9|1|0||routing",
      "5s|test_down|4|FAILED|10.0.0.9|1|1|down\n\ntrace|routing",
      "5s|test_new|5|PASSED|10.0.0.9|1|0||routing",
      "3s|test_peer[a::b]|0|PASSED|10.0.0.5|0|0||routing",
      "3s|test_flap|1|SKIPPED|10.0.0.6|0|0||routing",
      "3s|test_setup|2|FAILED|10.0.0.6|0|0||routing",
      "3s|test_down|4|FAILED|10.0.0.5|0|0||routing",
    ]);
    const first = await dumpJob(bench.database);
    await bench.run(files, { force: true });
    assert.deepEqual(await dumpJob(bench.database), first);
  });

  it("applies several main files of a topology by ascending epoch", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    await bench.run({ "20_bp_5s.order.txt": "[1] PASSED f::C::a\n[1] PASSED f::C::c", "9_bp_5s.order.txt": "[1] FAILED f::C::a\n[1] FAILED f::C::b" });
    assert.deepEqual(
      (await bench.all("SELECT test_name, status, order_index FROM test_results ORDER BY order_index")).map((row) => Object.values(row).join(" ")),
      ["a PASSED 0", "b FAILED 1", "c PASSED 2"],
    );
  });

  it("is left aside when only JUnit is asked for", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    assert.equal((await bench.run(files, { mode: "junit-only" })).total, 3);
  });

  it("is replaced in full when it ran at another time, and skipped at the same second", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    await bench.run(files, { executedAt: "2026-01-01T00:00:00.000Z" });
    assert.equal((await bench.run(files, { executedAt: "2026-01-01T00:00:00.900Z" })).outcome, "skipped");
    const outcome = await bench.run({ "1_bp_5s.order.txt": "[1] PASSED f::C::a" }, { executedAt: "2026-01-01T00:00:01.000Z" });
    assert.deepEqual([outcome.outcome, outcome.total], ["imported", 1]);
    assert.equal((await bench.first("SELECT count(*) AS n FROM test_results"))[0], 1);
  });

  it("takes priorities from the release before the global ones, by the name up to its bracket", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    await bench.run({ "1_bp_5s.order.txt": "[1] PASSED f::C::z" });
    await bench.database.write((transaction) =>
      sql`INSERT INTO testcase_metadata (release_id, testcase_name, priority, is_removed) VALUES (NULL, 'test_a', 'P2', 0), (1, 'test_a', 'P0', 0), (NULL, 'test_b', 'P1', 1)`.execute(
        transaction,
      ),
    );
    await bench.run({ "1_bp_5s.order.txt": "[1] PASSED f::C::test_a[x]\n[1] PASSED f::C::test_b\n[1] PASSED f::C::test_c" });
    assert.deepEqual(
      (await bench.all("SELECT test_name, priority, is_removed FROM test_results ORDER BY order_index")).map((row) => Object.values(row).join(" ")),
      ["test_a[x] P0 0", "test_b P1 1", "test_c UNKNOWN 0"],
    );
  });
});

describe("the database", () => {
  it("is waited for while another process writes", async (test) => {
    const bench = await makeBench(test);
    const other = new DatabaseSync(bench.databaseUrl);
    cleanUp(test, () => other.close());
    other.exec("BEGIN IMMEDIATE");
    const impatient = await openAt(bench.databaseUrl, 60).catch((error: unknown) => error);
    assert.ok(isContention(impatient) && impatient instanceof Error && /locked/.test(impatient.message), String(impatient));
    const waiting = (): void => {
      if (other.isTransaction) other.exec("ROLLBACK");
    };
    await bench.database.write((transaction) => transaction.insertInto("settings").values({ key: "a", value: "b" }).execute(), { waiting });
    assert.deepEqual(await bench.first("SELECT value FROM settings"), ["b"]);
  });

  it("of a newer version is refused and left as it is", async (test) => {
    const bench = await makeBench(test);
    await bench.database.write((transaction) => sql`UPDATE applied_migrations SET number = number + 90`.execute(transaction));
    await assert.rejects(openAt(bench.databaseUrl), { name: "DatabaseError", code: "newer_schema" });
  });
});
