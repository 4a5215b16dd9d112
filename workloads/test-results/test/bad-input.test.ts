// What is no report, or no honest one: a named error with its place, nothing half done that looks whole, and the job in quarantine until there is another input.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { onEachDatabase } from "workload-database/testing";
import { createConductor } from "../src/conduct/conductor.ts";
import { listQuarantine } from "../src/conduct/quarantine.ts";
import { readSettings } from "../src/settings.ts";
import { createInProcessRunner } from "./in-process-runner.ts";
import { makeBench } from "./workbench.ts";

const laughs = `<!DOCTYPE lol [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>`;
const deep = `<testsuite>${"<x>".repeat(5000)}${"</x>".repeat(5000)}</testsuite>`;
const bomb = gzipSync(Buffer.concat([Buffer.from("<testsuite><!--"), Buffer.alloc(150_000_000, 0x20), Buffer.from("--></testsuite>")]), { level: 9 });

describe("an input that nobody can read is refused", () => {
  const table: readonly (readonly [string, Uint8Array | string, string, RegExp])[] = [
    ["billion laughs", laughs, "malformed", /r\.xml: entity_declaration: .*line 1, column \d+/],
    ["an external entity", '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/hostname">]><testsuite><testcase name="&x;"/></testsuite>', "malformed", /entity_declaration/],
    ["elements without end inside each other", deep, "oversize", /r\.xml: too_deep: .*line 1, column \d+/],
    ["a tag of 33 MiB", Buffer.concat([Buffer.from('<testsuite name="'), Buffer.alloc(33 * 1024 * 1024, 0x61), Buffer.from('"/>')]), "oversize", /token_too_long/],
    ["a gzip bomb", bomb, "oversize", /gzip_bomb/],
    ["nothing at all", "", "malformed", /(empty|truncated) at line 1/],
    ["no XML", "PASSED 12 tests\n", "malformed", /malformed at line 1, column 0/],
    [
      "bytes of another encoding than declared",
      Buffer.from('<?xml version="1.0" encoding="UTF-8"?><testsuite name="gr\xF6\xDFe"><testcase/></testsuite>', "latin1"),
      "malformed",
      /invalid_bytes at line 1/,
    ],
    ["an encoding that its first bytes deny", Buffer.from('\uFEFF<?xml version="1.0" encoding="UTF-16"?><testsuite/>'), "malformed", /encoding_conflict/],
    ["an encoding that nobody knows", '<?xml version="1.0" encoding="EBCDIC-AT-DE"?><testsuite/>', "malformed", /unsupported_encoding/],
    ["another kind of document", "<test-run><testcase/></test-run>", "not_junit", /r\.xml: not_junit: .*test-run/],
    ["a report that ends before its first case", "<testsuites><testsuite", "malformed", /truncated at line 1/],
  ];
  for (const [name, content, code, message] of table) {
    it(`${name}: ${code}, and is not tried again`, async (test) => {
      const bench = await makeBench(test);
      await assert.rejects(bench.run({ "r.xml": content }), (error) => {
        assert.ok(error instanceof Error && "code" in error && "retryable" in error);
        assert.deepEqual([error.code, error.retryable], [code, false], error.message);
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(await bench.first("SELECT import_state, cause, total FROM jobs"), ["failed", code, 0]);
      assert.equal((await bench.run({ "r.xml": '<testsuite><testcase name="a"/></testsuite>' })).state, "complete", "the next input is imported");
    });
  }

  it("a directory, a file that is not there, a job without files: no_input", async (test) => {
    const bench = await makeBench(test);
    await assert.rejects(bench.run({ "x/r.xml": "<testsuite/>" }, { files: ["x"] }), { code: "no_input", retryable: false, message: /not_a_file: this is a directory/ });
    await assert.rejects(bench.run({}, { files: ["gone.xml"] }), { code: "no_input", message: /not_found/ });
    await assert.rejects(bench.run({ "notes.txt": "" }), { code: "no_input" });
  });

  it("beside readable ones it is named, and the job is partial; a hostile one ends the job", async (test) => {
    const bench = await makeBench(test);
    const good = '<testsuite><testcase name="a"/></testsuite>';
    const outcome = await bench.run({ "a.xml": good, "b.xml": "", "c.xml": "<html/>", "d.xml": '<testsuite><testcase name="d"/><testcase' });
    assert.deepEqual([outcome.state, outcome.total], ["partial", 2]);
    assert.deepEqual(
      outcome.problems.map((problem) =>
        problem
          .replace(/ at line (\d+), column \d+:.*/, " $1")
          .replace(/(not_junit):.*/, "$1")
          .replace("empty", "truncated"),
      ),
      ["b.xml: truncated 1", "c.xml: not_junit", "d.xml: truncated 1"],
    );
    await assert.rejects(bench.run({ "a.xml": good, "b.xml": laughs }), { code: "malformed" });
    assert.deepEqual(await bench.first("SELECT import_state FROM jobs"), ["failed"], "half a job is never seen as complete");
  });

  it("a gzip report that was cut off keeps what came before", async (test) => {
    const bench = await makeBench(test);
    const whole = gzipSync(Buffer.from(`<testsuite>${Array.from({ length: 20_000 }, (_, index) => `<testcase name="case ${index * 7919}"/>`).join("")}</testsuite>`));
    const outcome = await bench.run({ "r.xml": whole.subarray(0, whole.length / 2) });
    assert.equal(outcome.state, "partial");
    assert.ok(outcome.total > 1000 && outcome.total < 20_000, String(outcome.total));
    assert.match(outcome.problems[0] ?? "", /^r\.xml: gzip_truncated at line 1, column \d+/);
  });
});

onEachDatabase("a job whose input nobody can read", (fresh) => {
  it("waits in quarantine until there is another input, and holds nobody up", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    const settings = readSettings(bench.databaseUrl.startsWith("postgres:") ? { DATABASE_URL: bench.databaseUrl } : { DB_PATH: bench.databaseUrl });
    const runner = createInProcessRunner(settings, bench.directory);
    const conductor = createConductor({ database: bench.database, runner, settings, owner: "test", now: () => new Date(Date.UTC(2026, 0, 1)) });
    const directory = join(bench.directory, "in");
    await mkdir(directory);
    const request = { release: "6.1", module: "vpn", job: "1", directory };
    const importWith = async (content: string): Promise<string> => {
      await writeFile(join(directory, "r.xml"), content);
      const end = await conductor.importNow(request);
      return `${end.kind} ${end.kind === "failed" ? end.cause : end.detail}`;
    };
    assert.equal(await importWith(laughs), "failed malformed");
    const [entry] = await listQuarantine(bench.database.read);
    assert.match(entry?.reason ?? "", /^malformed: r\.xml: entity_declaration: .*line 1/);
    const ran = runner.ran.length;
    assert.equal((await conductor.importNow(request)).kind, "skipped");
    assert.equal(runner.ran.slice(ran).filter((each) => each.includes("import")).length, 0, "it is not read again");
    assert.match(await importWith('<testsuite><testcase name="a"/><testcase name="b"/></testsuite>'), /^imported 2 tests/);
    assert.deepEqual(await listQuarantine(bench.database.read), []);
    assert.equal(await importWith(""), "failed malformed");
    assert.ok((await conductor.release("6.1/vpn/1")) !== null);
    await conductor.idle();
    assert.deepEqual(await bench.first("SELECT import_state FROM jobs"), ["quarantined"], "released, it is read again, and is no better");
  });
});
