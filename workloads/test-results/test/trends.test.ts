import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { onEachDatabase } from "workload-database/testing";
import { advance, isModuleDone, planBuilds, withoutHoles } from "../src/conduct/plan-builds.ts";
import type { Status } from "../src/order/order-line.ts";
import { classify } from "../src/trends/classify.ts";
import { listTrends } from "../src/trends/read-trends.ts";
import { inWindow } from "../src/trends/window.ts";
import { makeBench } from "./workbench.ts";

const WORDS: Readonly<Record<string, Status>> = { P: "PASSED", F: "FAILED", S: "SKIPPED" };

function results(written: string): Status[] {
  return written.split(" ").flatMap((letter) => WORDS[letter] ?? []);
}

describe("what results say, oldest first", () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ["P P F F F", ["regression"]],
    ["P F P F F", ["flaky"]],
    ["P P F", ["new-failure"]],
    ["F P", ["flaky"]],
    ["F F F", ["always-failing"]],
    ["P P", ["always-passing"]],
    ["P S F", []],
    ["P S F F", ["regression"]],
    ["P F P F", ["flaky", "new-failure"]],
    ["S S", []],
    ["", []],
    ["F", ["always-failing"]],
  ];
  for (const [written, behaviours] of table) it(`${written || "nothing"}: ${behaviours.join(", ") || "none"}`, () => assert.deepEqual(classify(results(written)), behaviours));

  it("never calls one test both a regression and flaky, nor both always failing and always passing", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Status>("PASSED", "FAILED", "SKIPPED"), { maxLength: 8 }), (series) => {
        const found = classify(series);
        assert.ok(!(found.includes("regression") && found.includes("flaky")));
        assert.ok(!(found.includes("always-failing") && found.includes("always-passing")));
        if (found.includes("regression")) assert.ok(!found.includes("new-failure"));
      }),
    );
  });
});

onEachDatabase("trends of a module", (fresh) => {
  it("look at the jobs of the five latest parent builds, by the time they ran", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const statuses = ["FAILED", "PASSED", "PASSED", "FAILED", "FAILED", "FAILED"];
    for (const [index, status] of statuses.entries()) {
      const job = String(index + 1);
      await bench.run(
        { "1_bp_5s.order.txt": `[1] ${status} data_plane/tests/vpn/a.py::T::test_a\n[1] PASSED data_plane/tests/vpn/a.py::T::test_b` },
        { job, parentJobId: `10${job}`, executedAt: `2026-01-0${job}T00:00:00.000Z` },
      );
    }
    const all = { release: "6.1", module: "vpn", statuses: [], behaviours: [], priorities: [], topology: null, testcaseModule: null, search: null };
    const trends = await listTrends(bench.database, all);
    assert.deepEqual(
      trends.map((trend) => [
        trend.test_name,
        trend.behaviours.join(),
        trend.results.map((result) => result.status[0]).join(""),
        trend.results.map((result) => result.job).join(""),
      ]),
      [
        ["test_a", "regression", "PPFFF", "23456"],
        ["test_b", "always-passing", "PPPPP", "23456"],
      ],
    );
    const names = async (filter: object): Promise<string[]> => (await listTrends(bench.database, { ...all, ...filter })).map((trend) => trend.test_name);
    assert.deepEqual(await names({ behaviours: ["regression", "flaky"] }), ["test_a"]);
    assert.deepEqual(await names({ statuses: ["FAILED", "PASSED"] }), ["test_a", "test_b"]);
    assert.deepEqual(await names({ statuses: ["FAILED", "PASSED"], behaviours: ["always-passing"] }), ["test_b"]);
    assert.deepEqual(await names({ priorities: ["P1"] }), []);
    assert.deepEqual(await names({ search: "TEST_B" }), ["test_b"]);
  });

  it("are read page by page, whichever tests a job has, in the order of their names", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const odd = ["a", "a\u{1F600}", "a\uFFFD", "a b", "A"];
    const has = (job: number, index: number): boolean => index % (job + 1) !== 1;
    for (const job of [1, 2, 3]) {
      const names = [...odd, ...Array.from({ length: 2500 }, (_, index) => `case ${index}`)].filter((_, index) => has(job, index));
      const report = `<testsuite>${names.map((name) => `<testcase name="${name}"/>`).join("")}</testsuite>`;
      await bench.run({ "r.xml": report }, { job: String(job), executedAt: `2026-01-0${job}T00:00:00.000Z` });
    }
    const all = { release: "6.1", module: "vpn", statuses: [], behaviours: [], priorities: [], topology: null, testcaseModule: null, search: null };
    const trends = await listTrends(bench.database, all);
    const expected = [...odd, ...Array.from({ length: 2500 }, (_, index) => `case ${index}`)]
      .map((name, index) => `${name}: ${[1, 2, 3].filter((job) => has(job, index)).join("")}`)
      .filter((line) => !line.endsWith(": "));
    assert.deepEqual(
      trends.map(({ test_name, results: found }) => `${test_name}: ${found.map(({ job }) => job).join("")}`),
      expected.toSorted((a, b) => Buffer.compare(Buffer.from(a.slice(0, a.indexOf(":"))), Buffer.from(b.slice(0, b.indexOf(":"))))),
    );
  });
});

describe("the window of jobs", () => {
  const job = (module: string, name: string, parent: string | null) => ({ module, job: name, parent });
  const names = (rows: readonly { readonly module: string; readonly job: string }[]): string[] => rows.map((row) => `${row.module}${row.job}`);

  it("has all jobs of the five latest parent builds, each as late as its last job", () => {
    const rows = ["1", "2", "3", "4", "5", "6"].map((parent) => job("a", parent, parent));
    assert.deepEqual(names(inWindow(rows)), ["a2", "a3", "a4", "a5", "a6"]);
    assert.deepEqual(names(inWindow([...rows, job("b", "1", "1")])), ["a1", "a3", "a4", "a5", "a6", "b1"]);
  });
  it("has the five latest jobs of each module that came without parent builds", () => {
    const rows = ["8", "9", "10", "11", "12", "13"].flatMap((name) => [job("a", name, null), job("b", name, null)]);
    const late = ["9", "10", "11", "12", "13"].flatMap((name) => [`a${name}`, `b${name}`]);
    assert.deepEqual(names(inWindow([...rows, job("c", "1", "7")])), [...late, "c1"]);
  });
});

describe("which builds are processed", () => {
  it("those newer than the lowest of the active releases, oldest first, with a warning for a gap", () => {
    assert.deepEqual(planBuilds([105, 104, 103], [104, 103], 100), { numbers: [104, 105], gap: null });
    assert.deepEqual(planBuilds([105, 104], [], 100), { numbers: [104, 105], gap: null });
    assert.match(planBuilds([300, 299], [10], 2).gap ?? "", /builds 11 to 298/);
    assert.equal(planBuilds([12, 11], [10], 2).gap, null);
  });
  it("a release never passes a build that is not done, and never goes back", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 20 }),
        fc.uniqueArray(fc.record({ number: fc.integer({ min: 1, max: 30 }), done: fc.boolean() }), { selector: (each) => each.number }),
        (last, builds) => {
          const reached = advance(last, builds);
          assert.ok(reached >= last);
          assert.ok(builds.every((build) => build.done || build.number <= last || build.number > reached));
        },
      ),
    );
  });
  it("without Jenkins' list only what follows without a hole counts", () => {
    const builds = [103, 101, 105].map((number) => ({ number, done: true }));
    const numbers = (last: number): number[] => withoutHoles(last, builds).map(({ number }) => number);
    assert.deepEqual([numbers(0), numbers(100), numbers(101), numbers(102), numbers(105)], [[101], [101], [], [103], []]);
  });
  it("a module is done when complete, quarantined or twice empty", () => {
    assert.ok(isModuleDone({ state: "complete", emptyTimes: 0 }));
    assert.ok(isModuleDone({ state: "quarantined", emptyTimes: 0 }));
    assert.ok(isModuleDone({ state: "empty", emptyTimes: 2 }));
    for (const state of ["empty", "partial", "failed", "pending", "importing"]) assert.ok(!isModuleDone({ state, emptyTimes: 1 }), state);
  });
});
