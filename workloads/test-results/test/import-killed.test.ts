import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { onEachDatabase, type FreshDatabase } from "workload-database/testing";
import { importJob } from "../src/import/import-job.ts";
import { importRequest } from "../src/import/request.ts";
import { dumpJob, makeBench, makeReport, writeTree, type Bench } from "./workbench.ts";

const program = join(import.meta.dirname, "programs", "dies-between-batches.ts");

async function dieAfter(bench: Bench, directory: string, batches: number): Promise<void> {
  const child = spawn(process.execPath, [program, bench.databaseUrl, directory, String(batches)], { stdio: "inherit" });
  const [, signal] = await once(child, "exit");
  assert.equal(signal, "SIGKILL");
}

async function undisturbed(test: TestContext, fresh: FreshDatabase, files: Readonly<Record<string, string>>): Promise<unknown> {
  const bench = await makeBench(test, {}, fresh);
  await bench.run(files);
  return await dumpJob(bench.database);
}

const orderLines = Array.from({ length: 230 }, (_, index) => `[10.0.0.1] ${index % 9 === 0 ? "FAILED" : "PASSED"} data_plane/tests/vpn/a_test.py::TestA::test_${index}`).join("\n");

onEachDatabase("an import that is killed between two batches", (fresh) => {
  const inputs: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["junit-only", { "a.xml": makeReport(120, 20), "b.xml": makeReport(110) }],
    [
      "merged",
      { "1_bp_5s.order.txt": orderLines, "re_run_bp_5s.order.txt": orderLines.split("\n").slice(0, 9).join("\n").replaceAll("FAILED", "PASSED"), "junit/5s/r.xml": makeReport(10) },
    ],
  ];
  for (const [mode, files] of inputs) {
    it(`${mode}: goes on where it was, and ends as if nothing had happened`, async (test) => {
      const bench = await makeBench(test, { batchSize: 70 }, fresh);
      const directory = join(bench.directory, "input", "7");
      await mkdir(directory, { recursive: true });
      await writeTree(directory, files);
      await dieAfter(bench, directory, 2);
      assert.deepEqual(await bench.first("SELECT import_state, total, rows_written FROM jobs"), ["importing", 0, 100], "half an import is never seen as complete");
      await dieAfter(bench, directory, 1);
      assert.equal((await bench.first("SELECT count(*) AS n FROM test_results"))[0], 150, "the second one went on, it did not start again");
      const outcome = await importJob(importRequest.parse({ release: "6.1", module: "vpn", job: "7", directory }), bench.ports);
      assert.equal(outcome.total, 230);
      assert.deepEqual(await dumpJob(bench.database), await undisturbed(test, fresh, files));
      assert.deepEqual(
        (await bench.all("SELECT error FROM imports ORDER BY id")).map((row) => row["error"]),
        ["interrupted", "interrupted", null],
      );
    });
  }

  it("starts again when the input is another one by then", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const directory = join(bench.directory, "input", "7");
    await writeTree(directory, { "a.xml": makeReport(200) });
    await dieAfter(bench, directory, 2);
    const files = { "a.xml": makeReport(90) };
    assert.equal((await bench.run(files)).total, 90);
    assert.deepEqual(await dumpJob(bench.database), await undisturbed(test, fresh, files));
  });
});
