// JUnit reports through the XML reader, beside bare saxes and Python's expat and lxml.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { writeReport } from "../../workloads/test-results/src/generate/index.ts";
import { figuresOf, runRounds, type Entry, type Results } from "../src/harness/contenders.ts";
import { atLeast, atMost, publish, spreadText, tableRow, type Bar } from "../src/harness/report.ts";
import { sized } from "../src/harness/scale.ts";
import { withScratch } from "../src/harness/scratch.ts";
import { ratios, spreadOf } from "../src/harness/statistics.ts";
import type { XmlParams } from "./contenders/xml-work.ts";

const MIB = 1024 ** 2;
const STYLES = ["mixed", "dense"] as const;
const SIZES = sized({
  full: [
    { mib: 1, rounds: 5, repeats: 20 },
    { mib: 50, rounds: 5, repeats: 1 },
    { mib: 500, rounds: 3, repeats: 1 },
  ],
  smoke: [{ mib: 1, rounds: 1, repeats: 5 }],
});
const OWN = "readXml";
const SAXES = "saxes, bare";
const EXPAT = "Python expat";
const LXML = "Python lxml iterparse";
const warmUps = sized({ full: 10, smoke: 2 });

await withScratch(async (scratch) => {
  const python = findPython();
  const measured: Cell[] = [];
  for (const style of STYLES) {
    const warmUpFile = join(scratch, `${style}-warm-up.xml`);
    await writeReport({ bytes: MIB, style, seed: 2 }, warmUpFile);
    for (const { mib, rounds, repeats } of SIZES) {
      const file = join(scratch, `${style}-${mib}.xml`);
      await writeReport({ bytes: mib * MIB, style, seed: 1 }, file);
      const results = await runRounds(rounds, contenders({ file, warmUpFile, warmUps, repeats }, python));
      measured.push({ title: `${style}, ${mib} MB`, results: assertSame(results) });
    }
  }
  const names = contenders({ file: "", warmUpFile: "", warmUps: 0, repeats: 0 }, python).map(({ name }) => name);
  const table = (title: string, cell: (results: Results, name: string) => string) => ({
    title,
    columns: ["", ...measured.map((each) => each.title)],
    rows: names.map((name) =>
      tableRow(
        name,
        measured.map(({ results }) => cell(results, name)),
      ),
    ),
  });
  publish({
    name: "readers-xml",
    packages: ["@cofferdam/readers", "saxes"],
    tables: [
      table("CPU of one reading, ms, median (min..max)", (results, name) => spreadText(spreadOf(figuresOf(results, name, "cpuMs")))),
      table("Wall time of one reading, ms, median (min..max)", (results, name) => spreadText(spreadOf(figuresOf(results, name, "wallMs")))),
      table("CPU of the contender / CPU of readXml: how many times as fast readXml is", (results, name) =>
        spreadText(ratios(figuresOf(results, name, "cpuMs"), figuresOf(results, OWN, "cpuMs"))),
      ),
      table("Peak resident memory of the process, MiB", (results, name) => spreadText(spreadOf(figuresOf(results, name, "rssMib")))),
    ],
    bars: measured.flatMap(barsOf),
    notes: [
      "Everyone counts cases, adds up names' lengths and times, and gathers the text of failures; no one keeps system-out. All must find the same, or the run fails.",
      "Half of a mixed report is system-out, a megabyte at a time; a dense one has none. One test name in eight is not ASCII.",
      "readXml checks well-formedness, UTF-8 and its limits and knows the place of every event. Bare saxes has no limits and replaces bad UTF-8.",
      "Each contender reads a report of 1 MB ten times before the clock starts; the reports of 1 MB are then read 20 times. A first, cold reading of 1 MB takes Node several times as long: its code is not compiled yet.",
      "CPU counts all threads of the process: for Node also reading, garbage collection and compiling.",
      ...(python === null ? ["Python with lxml was not found: expat and lxml were not measured."] : []),
    ],
    raw: Object.fromEntries(measured.map(({ title, results }) => [title, Object.fromEntries(results)])),
  });
});

interface Cell {
  readonly title: string;
  readonly results: Results;
}

function contenders(params: XmlParams, python: string | null): Entry<unknown>[] {
  const at = (name: string): string => `../../readers/contenders/${name}`;
  const own: Entry<unknown>[] = [
    { name: OWN, module: at("xml-cofferdam"), params },
    { name: SAXES, module: at("xml-saxes"), params },
  ];
  if (python === null) return own;
  return [
    ...own,
    { name: EXPAT, module: at("xml-python"), params: { ...params, python, program: "expat" } },
    { name: LXML, module: at("xml-python"), params: { ...params, python, program: "lxml-iterparse" } },
  ];
}

function barsOf({ title, results }: Cell): readonly Bar[] {
  const faster = (peer: string): number | null => {
    const figures = figuresOf(results, peer, "cpuMs");
    return figures.length === 0 ? null : ratios(figures, figuresOf(results, OWN, "cpuMs")).median;
  };
  return [
    atLeast(`${title}: speed / saxes`, 0.9, faster(SAXES)),
    atLeast(`${title}: speed / lxml iterparse`, 1, faster(LXML)),
    atLeast(`${title}: speed / expat`, 0.7, faster(EXPAT), (faster(EXPAT) ?? 0) >= 1 ? "the aim of 1.0 too" : undefined),
    atMost(`${title}: peak RSS, MiB`, 120, spreadOf(figuresOf(results, OWN, "rssMib")).max),
  ];
}

/** A parser that is fast because it misses something is no contender. */
function assertSame(results: Results): Results {
  const found = new Set([...results.values()].flat().map(({ findings }) => findings));
  if (found.size !== 1) throw new Error(`the contenders do not agree: ${[...found].join(" | ")}`);
  return results;
}

/** The first Python that has both. */
function findPython(): string | null {
  const candidates = ["python3", "/usr/bin/python3"];
  return candidates.find((name) => spawnSync(name, ["-c", "import lxml.etree, xml.parsers.expat"], { stdio: "ignore" }).status === 0) ?? null;
}
