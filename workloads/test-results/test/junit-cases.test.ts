import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readXml } from "@cofferdam/readers";
import { createCaseHandlers, parseSeconds, wordProblem, type JunitCase } from "../src/junit/case-rows.ts";

async function casesOf(xml: string): Promise<JunitCase[]> {
  const cases: JunitCase[] = [];
  // oxlint-disable-next-line require-yield
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(xml);
  }
  await readXml(
    source(),
    createCaseHandlers((found) => void cases.push(found)),
  );
  return cases;
}

async function oneOf(inner: string): Promise<JunitCase> {
  const [found] = await casesOf(`<testsuite name="s">${inner}</testsuite>`);
  assert.ok(found);
  return found;
}

describe("the cases of a JUnit report", () => {
  const statuses: readonly (readonly [string, string, boolean, boolean])[] = [
    ['<testcase name="a"/>', "PASSED", false, false],
    ['<testcase name="a"><failure/></testcase>', "FAILED", false, false],
    ['<testcase name="a"><error/></testcase>', "FAILED", false, false],
    ['<testcase name="a"><skipped/></testcase>', "SKIPPED", false, false],
    ['<testcase name="a"><skipped/><failure/></testcase>', "FAILED", false, false],
    ['<testcase name="a" status="notrun"/>', "SKIPPED", false, false],
    ['<testcase name="a" status="Disabled"/>', "SKIPPED", false, false],
    ['<testcase name="a" status="run"/>', "PASSED", false, false],
    ['<testcase name="a"><flakyFailure/></testcase>', "PASSED", true, false],
    ['<testcase name="a"><flakyError/></testcase>', "PASSED", true, false],
    ['<testcase name="a"><failure/><rerunFailure/></testcase>', "FAILED", true, true],
    ['<testcase name="a"><error/><rerunError/></testcase>', "FAILED", true, true],
    ['<testcase name="a"><properties><failure/></properties></testcase>', "PASSED", false, false],
    ['<testcase name="a"><system-out><![CDATA[<failure/>]]></system-out></testcase>', "PASSED", false, false],
  ];
  for (const [xml, status, wasRerun, stillFailed] of statuses) {
    it(`${xml} is ${status}`, async () => {
      const found = await oneOf(xml);
      assert.deepEqual([found.status, found.wasRerun, found.rerunStillFailed], [status, wasRerun, stillFailed]);
    });
  }

  it("take file and class from the case, else from the suites around it", async () => {
    const cases = await casesOf(`<testsuites name="all"><testsuite name="outer" file="outer.py"><testsuite name="inner">
      <testcase name="a" classname="pkg.mod.C" file="own.py"/><testcase name="b"/><testcase classname=""/></testsuite>
      <testcase name="c"/></testsuite><testcase name="d"/></testsuites>`);
    assert.deepEqual(
      cases.map((found) => [found.file, found.className, found.name]),
      [
        ["own.py", "pkg.mod.C", "a"],
        ["outer.py", "inner", "b"],
        ["outer.py", "inner", "(unnamed)"],
        ["outer.py", "outer", "c"],
        ["", "", "d"],
      ],
    );
  });

  it("include a failure directly under a suite, as <init>", async () => {
    const cases = await casesOf('<testsuites><testsuite name="s" file="f"><failure message="no set-up">trace</failure><testcase name="a"/></testsuite></testsuites>');
    assert.deepEqual(
      cases.map((found) => [found.name, found.status, found.failureMessage, found.className]),
      [
        ["<init>", "FAILED", "no set-up\n\ntrace", "s"],
        ["a", "PASSED", null, "s"],
      ],
    );
  });

  it("carry message, blank line, trimmed text; a failure before an error", async () => {
    assert.equal((await oneOf('<testcase><failure message="m">\n  text <![CDATA[<more>]]>\n </failure></testcase>')).failureMessage, "m\n\ntext <more>");
    assert.equal((await oneOf('<testcase><error message="e"/><failure>f</failure></testcase>')).failureMessage, "f");
    assert.equal((await oneOf("<testcase><failure/></testcase>")).failureMessage, "");
    assert.match(wordProblem({ message: "", text: "x".repeat(1024 * 1024 + 5) }), /\n\[cut: 5 more characters\]$/);
  });

  it("read times as people write them", () => {
    const table: readonly (readonly [string | undefined, number])[] = [
      ["1,234.5", 1234.5],
      ["-1", 0],
      ["fast", 0],
      [undefined, 0],
      ["", 0],
      ["NaN", 0],
      ["0.017", 0.017],
      ["1e400", 0],
    ];
    for (const [written, seconds] of table) assert.equal(parseSeconds(written), seconds, written);
  });

  for (const xml of ["<test-run><testcase/></test-run>", "<html/>", "<assemblies/>"]) {
    it(`${xml} is refused`, async () => await assert.rejects(casesOf(xml), { name: "WorkError", code: "not_junit" }));
  }
});
