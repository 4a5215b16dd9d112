// A JUnit report through the test-results workload into SQLite, beside the bare reading of the same file.
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { writeReport } from "../../workloads/test-results/src/generate/index.ts";
import { figuresOf, runRounds, type Entry } from "../src/harness/contenders.ts";
import { atMost, publish, spreadText, tableRow } from "../src/harness/report.ts";
import { sized } from "../src/harness/scale.ts";
import { withScratch } from "../src/harness/scratch.ts";
import { ratios, spreadOf } from "../src/harness/statistics.ts";

const MIB = 1024 ** 2;
const LARGE = sized({ full: { cases: 1_100_000, bytes: 500 * MIB }, smoke: { cases: 30_000, bytes: 20 * MIB } });
/** One round: it takes minutes. */
const ROUNDS = 1;
const LOAD_BEFORE = loadavg()[0] ?? 0;
const BUSY =
  LOAD_BEFORE > availableParallelism()
    ? `measured on a busy machine (load ${LOAD_BEFORE.toFixed(0)} on ${availableParallelism()} cores); workers run at nice 10 and wait for everybody`
    : undefined;
const BARE = "readXml alone";
const SAXES = "bare saxes alone";
const ALONE = "import alone, in one process";
const IMPORT = "import by a running service";
const SMALL = "10,000 cases, by a running service";
const COMMAND = "10,000 cases, import-junit from start to exit";

await withScratch(async (scratch) => {
  const file = join(scratch, "large.xml");
  const facts = await writeReport({ ...LARGE, style: "mixed", seed: 1 }, file);
  const smallFile = join(scratch, "small.xml");
  const smallFacts = await writeReport({ cases: 10_000, style: "dense", seed: 1 }, smallFile);
  const at = (name: string): string => `../../readers/contenders/${name}`;
  const entries: Entry<unknown>[] = [
    { name: BARE, module: at("xml-cofferdam"), params: { file, warmUpFile: smallFile, warmUps: 10, repeats: 1 } },
    { name: SAXES, module: at("xml-saxes"), params: { file, warmUpFile: smallFile, warmUps: 10, repeats: 1 } },
    { name: ALONE, module: at("import-alone"), params: { file, facts, scratch } },
    { name: IMPORT, module: at("import-report"), params: { file, facts, scratch } },
    { name: SMALL, module: at("import-report"), params: { file: smallFile, facts: smallFacts, scratch } },
    { name: COMMAND, module: at("import-command"), params: { file: smallFile, facts: smallFacts, scratch } },
  ];
  const results = await runRounds(ROUNDS, entries, 900_000);
  const figures = (name: string, key: string): readonly number[] => figuresOf(results, name, key);
  const ratio = (name: string, key: string, bare = BARE) => ratios(figures(name, key), figures(bare, key));
  const spread = (name: string, key: string): string => (figures(name, key).length === 0 ? "-" : spreadText(spreadOf(figures(name, key))));
  publish({
    name: "readers-end-to-end",
    packages: ["@cofferdam/readers"],
    tables: [
      {
        title: `${facts.cases.toLocaleString("en-GB")} cases in ${Math.round(facts.bytes / MIB)} MiB, and 10,000 cases; median (min..max)`,
        columns: ["", "wall, ms", "CPU, ms", "peak PSS of the tree, MiB", "of the service, MiB", "of the largest worker, MiB"],
        rows: [BARE, SAXES, ALONE, IMPORT, SMALL, COMMAND].map((name) =>
          tableRow(
            name,
            ["wallMs", "cpuMs", "treeMib", "rootMib", "largestMib"].map((key) => spread(name, key)),
          ),
        ),
      },
      {
        title: "Import / bare reading, median of the rounds (min..max)",
        columns: ["", "wall", "CPU of all threads", "CPU of the busiest thread"],
        rows: [BARE, SAXES].flatMap((bare) => [
          [
            `${ALONE} / ${bare}`,
            spreadText(ratio(ALONE, "wallMs", bare)),
            spreadText(ratio(ALONE, "cpuMs", bare)),
            spreadText(ratios(figures(ALONE, "busiestCpuMs"), figures(bare, "cpuMs"))),
          ],
          [`${IMPORT} / ${bare}`, spreadText(ratio(IMPORT, "wallMs", bare)), spreadText(ratio(IMPORT, "cpuMs", bare)), "-"],
        ]),
      },
    ],
    bars: [
      atMost(`large report by a running service: wall time / ${BARE}`, 3, ratio(IMPORT, "wallMs").median, BUSY),
      atMost(`large report by a running service: wall time / ${SAXES}, the reader that others use`, 3, ratio(IMPORT, "wallMs", SAXES).median, BUSY),
      atMost(
        `large report: CPU of the import's busiest thread / ${BARE}`,
        3,
        ratios(figures(ALONE, "busiestCpuMs"), figures(BARE, "cpuMs")).median,
        "what the wall time comes to where two cores are free",
      ),
      atMost("large report: peak PSS of the process that imports, MiB", 220, spreadOf(figures(IMPORT, "largestMib")).max),
      atMost("large report: peak PSS of service, registrar and all warm workers, MiB", 220, spreadOf(figures(IMPORT, "treeMib")).max),
      atMost("10,000 cases by a running service: wall time, ms", 2000, spreadOf(figures(SMALL, "wallMs")).median, BUSY),
    ],
    notes: [
      "An import is: measuring the file (a job), choosing the lane, digest, parsing, rows with their keys and indexes in batches of 2,500, statistics, fsync. The rows are counted afterwards.",
      "The tree is the service with everything it holds ready: its registrar, two warm workers for ordinary jobs and one for large imports, which does the import. As `test-results serve` does, it shares compiled code with its processes, and has been started before.",
      "PSS of all processes of the tree, looked at every 1.5 seconds; what other Node processes on the machine share with it counts for less.",
      "CPU of the import counts every process and thread of the tree; that of the bare reading, its own process.",
    ],
    raw: Object.fromEntries(results),
  });
});
