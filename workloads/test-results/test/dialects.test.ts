// Reports as the usual producers write them: one small file each, and what has to be read from it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { onEachDatabase } from "workload-database/testing";
import { makeBench, type Bench } from "./workbench.ts";

const fixture = (name: string): Promise<Buffer> => readFile(join(import.meta.dirname, "fixtures", "dialects", name));

/** `status file class name [occurrence] seconds` of each row, in the order of the report. */
async function rowsOf(bench: Bench): Promise<string[]> {
  const rows = await bench.all("SELECT status, file_path, class_name, test_name, occurrence, duration, was_rerun FROM test_results ORDER BY order_index");
  return rows.map(
    (row) => `${String(row["status"])[0]}${row["was_rerun"] === 1 ? "r" : ""} ${row["file_path"]}|${row["class_name"]}|${row["test_name"]}|${row["occurrence"]}|${row["duration"]}`,
  );
}

const expected: Readonly<Record<string, readonly string[]>> = {
  "surefire.xml": [
    "P |org.dike.LevelTest|rises|1|1040.1",
    "F |org.dike.LevelTest|falls|1|0.004",
    "F |org.dike.LevelTest|overflows|1|0.001",
    "S |org.dike.LevelTest|sleeps|1|0",
    "Pr |org.dike.LevelTest|flickers|1|0.2",
    "Fr |org.dike.LevelTest|stays broken|1|0.2",
  ],
  "gradle.xml": ["P |dike.PumpTest|pumps(int)[1]|1|0.06", "F |dike.PumpTest|pumps(int)[2]|1|0.05", "S |dike.PumpTest|drains()|1|0"],
  "pytest.xml": [
    "P tests/test_gate.py|tests.test_gate.TestGate|test_opens[a::b]|1|0.001",
    "F |tests.test_gate.TestGate|test_closes|1|0.002",
    "S |tests.test_gate|test_waits|1|0",
    "F |tests.test_gate|test_fixture|1|0",
    "F |pytest|tests.test_broken|1|0",
  ],
  "jest-junit.xml": ["P |lock opens|lock opens|1|0.004", "F |lock closes|lock closes|1|0.003", "S |lock leaks|lock leaks|1|0", "F |Test suite failed to run|gate.test.js|1|0"],
  "mocha-junit-reporter.xml": [
    "P /work/test/sluice.js|opens|sluice opens|1|0.002",
    "F /work/test/sluice.js|closes|sluice closes|1|0.003",
    "S /work/test/sluice.js|rests|sluice rests|1|0",
  ],
  "phpunit.xml": [
    "P /srv/tests/WeirTest.php|Dike.WeirTest|testFlows|1|0.002",
    "P /srv/tests/WeirTest.php|Dike.WeirTest|testHeights with data set #0|1|0.002",
    "F /srv/tests/WeirTest.php|Dike.WeirTest|testHeights with data set #1|1|0.002",
    "F /srv/tests/WeirTest.php|Dike.WeirTest|testBreaks|1|0.001",
  ],
  "nunit-converted.xml": [
    "P |Dike.Tests.BarrageTests|Rises|1|0.0125",
    'F |Dike.Tests.BarrageTests|Falls(1,"a")|1|0.001',
    "S |Dike.Tests.BarrageTests|Waits|1|0",
    "S |Dike.Tests.BarrageTests|NeverRan|1|0",
  ],
  "nested-and-bare.xml": ["P ||(unnamed)|1|0", "P ||(unnamed)|2|0", "P inner.rb||deep|1|0", "P inner.rb||prefixed|1|0", "F inner.rb|inner|<init>|1|0"],
};

onEachDatabase("a report of", (fresh) => {
  it("every dialect at once: each row as it was written, and the same rows when it is imported again", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const names = Object.keys(expected).sort();
    const files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await fixture(name)] as const)));
    const outcome = await bench.run(files);
    assert.deepEqual([outcome.state, outcome.problems], ["complete", []]);
    const rows = await rowsOf(bench);
    assert.deepEqual(rows.slice().sort(), names.flatMap((name) => expected[name] ?? []).sort());
    await bench.run(files, { force: true });
    assert.deepEqual(await rowsOf(bench), rows);
  });
});

describe("a report of", () => {
  for (const [name, rows] of Object.entries(expected)) {
    it(`${name.replace(".xml", "")}`, async (test) => {
      const bench = await makeBench(test);
      const outcome = await bench.run({ "r.xml": await fixture(name) });
      assert.deepEqual(await rowsOf(bench), rows);
      const count = (letter: string): number => rows.filter((row) => row.startsWith(letter)).length;
      assert.deepEqual([outcome.state, outcome.total, outcome.passed, outcome.failed, outcome.skipped], ["complete", rows.length, count("P"), count("F"), count("S")]);
    });
  }

  it("surefire keeps message, blank line and text of a failure, decoded", async (test) => {
    const bench = await makeBench(test);
    await bench.run({ "r.xml": await fixture("surefire.xml") });
    assert.deepEqual(await bench.first("SELECT failure_message FROM test_results WHERE test_name = 'falls'"), [
      "expected: <3> but was: <2>\n\norg.opentest4j.AssertionFailedError: expected: <3> but was: <2>\n\tat org.dike.LevelTest.falls(LevelTest.java:31)",
    ]);
  });

  const text = '<testsuite name="s"><testcase name="größe — ß"/></testsuite>';
  const latin = text.replace(" — ", " ");
  const encodings: readonly (readonly [string, Uint8Array])[] = [
    ["UTF-8 without a declaration", Buffer.from(text)],
    ["UTF-8 with a byte order mark", Buffer.from(`\uFEFF<?xml version="1.0" encoding="UTF-8"?>${text}`)],
    ["UTF-16, little end first", Buffer.from(`\uFEFF<?xml version="1.0" encoding="UTF-16"?>${text}`, "utf16le")],
    ["UTF-16, big end first", Buffer.from(`\uFEFF<?xml version="1.0" encoding="UTF-16"?>${text}`, "utf16le").swap16()],
    ["UTF-16 without a byte order mark", Buffer.from(`<?xml version="1.0" encoding="UTF-16LE"?>${text}`, "utf16le")],
    ["ISO-8859-1", Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${latin}`, "latin1")],
    [
      "windows-1252",
      Buffer.concat([
        Buffer.from(`<?xml version='1.0' encoding='windows-1252'?><testsuite name="s"><testcase name="gr\xF6\xDFe `, "latin1"),
        Buffer.of(0x97),
        Buffer.from(' \xDF"/></testsuite>', "latin1"),
      ]),
    ],
    ["gzip", gzipSync(Buffer.from(text))],
  ];
  for (const [name, bytes] of encodings) {
    it(`a producer that writes ${name}`, async (test) => {
      const bench = await makeBench(test);
      await bench.run({ "r.xml": bytes });
      assert.deepEqual(await bench.first("SELECT test_name FROM test_results"), [name === "ISO-8859-1" ? "größe ß" : "größe — ß"]);
    });
  }
});
