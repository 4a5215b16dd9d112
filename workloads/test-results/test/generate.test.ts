import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readXml } from "@cofferdam/readers";
import { generateReport, writeReport, type ReportFacts, type ReportOptions } from "../src/generate/index.ts";
import { parseSize } from "../src/generate/options.ts";

function whole(options: ReportOptions): { readonly bytes: Buffer; readonly facts: ReportFacts; readonly pieceBytesMax: number } {
  const report = generateReport(options);
  const pieces: Buffer[] = [];
  for (let next = report.next(); ; next = report.next()) {
    if (next.done === true) return { bytes: Buffer.concat(pieces), facts: next.value, pieceBytesMax: Math.max(...pieces.map(({ length }) => length)) };
    pieces.push(next.value);
  }
}

async function count(bytes: Buffer): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  await readXml(bytes, { open: ({ name }) => void (counts[name] = (counts[name] ?? 0) + 1) });
  return counts;
}

describe("a generated report", () => {
  for (const options of [{}, { style: "dense", cases: 3000, suites: 7, failureRate: 0.3, seed: 9 }, { cases: 0 }, { bytes: 3_000_000 }] as const) {
    it(`is well-formed and holds what it says: ${JSON.stringify(options)}`, async () => {
      const { bytes, facts } = whole(options);
      const counts = await count(bytes);
      assert.equal(facts.bytes, bytes.length);
      assert.equal(facts.cases, counts["testcase"] ?? 0);
      assert.equal(facts.suites, counts["testsuite"] ?? 0);
      assert.equal(facts.failed, (counts["failure"] ?? 0) + (counts["error"] ?? 0));
      assert.equal(facts.skipped, counts["skipped"] ?? 0);
      assert.equal(facts.passed, facts.cases - facts.failed - facts.skipped);
    });
  }

  it("is the same for the same seed, and another one for another", () => {
    const digest = (seed: number): string =>
      createHash("sha256")
        .update(whole({ cases: 300, seed }).bytes)
        .digest("hex");
    assert.equal(digest(1), digest(1));
    assert.notEqual(digest(1), digest(2));
  });

  it("has the cases asked for and about the bytes asked for, in megabytes of system-out", async () => {
    const { bytes, facts, pieceBytesMax } = whole({ cases: 20_000, bytes: 12_000_000 });
    assert.equal(facts.cases, 20_000);
    assert.ok(Math.abs(bytes.length - 12_000_000) < 1_000_000, `${bytes.length}`);
    assert.ok(((await count(bytes))["system-out"] ?? 0) > 5);
    assert.ok(pieceBytesMax < 2_000_000, "it comes in pieces");
  });

  it("stops soon after the bytes asked for", () => {
    for (const style of ["mixed", "dense"] as const) {
      const { bytes } = whole({ bytes: 2_000_000, style });
      assert.ok(bytes.length >= 2_000_000 && bytes.length < 2_300_000, `${style}: ${bytes.length}`);
    }
  });

  it("refuses what it cannot do", () => {
    for (const options of [{ failureRate: 0.6 }, { bytes: 0 }, { seed: 0.5 }, { suites: 3 }, { cases: Number.NaN }]) assert.throws(() => whole(options), RangeError);
    assert.throws(() => parseSize("many"), RangeError);
    assert.deepEqual(["500MB", "1.5 KiB", "7"].map(parseSize), [524_288_000, 1536, 7]);
  });

  it("is written to a file", async (test) => {
    const directory = await mkdtemp(join(tmpdir(), "generate-"));
    test.after(() => rm(directory, { recursive: true, force: true }));
    const file = join(directory, "r.xml");
    const facts = await writeReport({ cases: 50 }, file);
    const written = await readFile(file);
    assert.equal(written.length, facts.bytes);
    assert.ok(written.equals(whole({ cases: 50 }).bytes));
  });
});
