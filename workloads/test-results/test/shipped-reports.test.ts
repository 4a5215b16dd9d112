import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { importJob } from "../src/import/import-job.ts";
import { importRequest } from "../src/import/request.ts";
import { SHIPPED_REPORTS } from "../src/shipped-reports.ts";
import { makeBench } from "./workbench.ts";

describe("the reports that real runners wrote", () => {
  const expected: readonly (readonly [string, number, number, number, number])[] = [
    ["node-test", 12, 8, 2, 2],
    ["mocha", 10, 8, 2, 0],
    ["mocha-xunit", 12, 8, 2, 2],
    ["jest", 14, 9, 4, 1],
    ["vitest", 13, 8, 3, 2],
  ];
  for (const [runner, total, passed, failed, skipped] of expected) {
    it(`${runner}: ${total} cases, equal names kept apart, names as they were written`, async (test) => {
      const bench = await makeBench(test);
      const outcome = await importJob(importRequest.parse({ release: "shipped", module: runner, job: "1", directory: join(SHIPPED_REPORTS, runner) }), bench.ports);
      assert.deepEqual([outcome.state, outcome.total, outcome.passed, outcome.failed, outcome.skipped], ["complete", total, passed, failed, skipped]);
      const names = (await bench.all("SELECT test_name, occurrence FROM test_results")).map((row) => `${String(row["test_name"])} ${String(row["occurrence"])}`);
      assert.ok(names.some((name) => name.includes("größe — 大きさ 😀")));
      assert.ok(names.some((name) => name.includes("a::b::c[x/y]")));
      assert.deepEqual(
        names.filter((name) => / ?twice \d$/.test(name)).map((name) => name.at(-1)),
        ["1", "2"],
      );
    });
  }

  it("a report of node:test with ]]> in a message is not well-formed: kept up to there", async (test) => {
    const bench = await makeBench(test);
    const outcome = await bench.run({ "r.xml": await readFile(join(import.meta.dirname, "fixtures", "node-test-cdata-end.xml")) });
    assert.deepEqual([outcome.state, outcome.total], ["partial", 11]);
    assert.match(outcome.problems[0] ?? "", /malformed at line 50, column 47/);
  });
});
