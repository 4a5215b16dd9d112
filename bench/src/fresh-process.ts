// A fresh process for every attempt, against the least that Node can do: fork an empty module and wait for its exit.
import { figuresOf, runRounds, type Entry } from "./harness/contenders.ts";
import { atMost, publish, spreadText, tableRow } from "./harness/report.ts";
import { sized } from "./harness/scale.ts";
import { withScratch } from "./harness/scratch.ts";
import { ratios, spreadOf } from "./harness/statistics.ts";
import type { FreshParams } from "./contenders/fresh-cofferdam.ts";

const rounds = sized({ full: 3, smoke: 1 });
const jobs = sized({ full: 40, smoke: 12 });
const CONCURRENCY = [1, 2] as const;
const ENGINES = [
  ["Cofferdam, isolation process", "fresh-cofferdam"],
  ["bare fork and exit", "fresh-fork"],
] as const;
const [[OWN], [PEER]] = ENGINES;

await withScratch(async (scratch) => {
  const at = (name: string, concurrency: number): string => `${name}, ${concurrency} at once`;
  const entries: Entry<FreshParams>[] = CONCURRENCY.flatMap((concurrency) =>
    ENGINES.map(([name, module]) => ({ name: at(name, concurrency), module, params: { scratch, jobs, concurrency } })),
  );
  const results = await runRounds(rounds, entries);
  const wall = (name: string, concurrency: number) => figuresOf(results, at(name, concurrency), "msPerJob");
  const ratio = (concurrency: number) => ratios(wall(OWN, concurrency), wall(PEER, concurrency));
  publish({
    name: "fresh-process",
    packages: ["cofferdam"],
    tables: [
      {
        title: `Wall time per job, ms (total / ${jobs} jobs), median (min..max)`,
        columns: ["", ...CONCURRENCY.map((concurrency) => `${concurrency} at once`)],
        rows: [
          ...ENGINES.map(([name]) =>
            tableRow(
              name,
              CONCURRENCY.map((concurrency) => spreadText(spreadOf(wall(name, concurrency)))),
            ),
          ),
          ["Cofferdam / bare fork", ...CONCURRENCY.map((concurrency) => spreadText(ratio(concurrency)))],
        ],
      },
      {
        title: "CPU per job, ms, of the main process and all that it started, median (min..max)",
        columns: ["", ...CONCURRENCY.map((concurrency) => `${concurrency} at once`)],
        rows: ENGINES.map(([name]) =>
          tableRow(
            name,
            CONCURRENCY.map((concurrency) => spreadText(spreadOf(figuresOf(results, at(name, concurrency), "cpuMsPerJob")))),
          ),
        ),
      },
    ],
    bars: CONCURRENCY.map((concurrency) => atMost(`${concurrency} at once, Cofferdam / bare fork`, 1.3, ratio(concurrency).median)),
    notes: [
      "Workers run at lower priority than the API (nice 10, the default); on a machine with other work that alone makes them wait. CPU per job does not depend on it.",
      "Cofferdam's figure includes claim, input, budgets, census, verdict and the settled row on disk; the module that it loads imports the whole package, the forked one imports nothing.",
      "Cofferdam starts the next process ahead of need while a core is free; that is part of the design, and the reason why one at a time can be faster than fork.",
    ],
    raw: Object.fromEntries(results),
  });
});
