// What it costs to watch: CPU share of the main process with 10 workers and 300 processes that do nothing.
import { figuresOf, runRounds, type Entry } from "./harness/contenders.ts";
import { atMost, publish, spreadText } from "./harness/report.ts";
import { sized } from "./harness/scale.ts";
import { withScratch } from "./harness/scratch.ts";
import { spreadOf } from "./harness/statistics.ts";
import type { GovernorParams } from "./contenders/governor-cofferdam.ts";

const rounds = sized({ full: 2, smoke: 1 });
const seconds = sized({ full: 6, smoke: 3 });
const IDLE = "no attempt";
const AT_REST = "10 attempts far from their limits";
const NEAR_LIMITS = "10 attempts above four fifths of their memory";

await withScratch(async (scratch) => {
  const entry = (name: string, workers: number, memoryBytes: number): Entry<GovernorParams> => ({
    name,
    module: "governor-cofferdam",
    // A worker is a shell that holds the namespace and a Node process: 28 children make 30.
    params: { scratch, workers, childrenEach: 28, memoryBytes, seconds },
  });
  const entries = [entry(IDLE, 0, 0), entry(AT_REST, 10, 0), entry(NEAR_LIMITS, 10, 182 * 1024 ** 2)];
  const results = await runRounds(rounds, entries);
  const figure = (name: string, key: string) => spreadOf(figuresOf(results, name, key));
  publish({
    name: "governor",
    packages: ["cofferdam"],
    tables: [
      {
        title: `CPU of the main process, % of one CPU over ${seconds} s, median (min..max)`,
        columns: ["", "CPU %", "processes below it", "memory / budget"],
        rows: entries.map(({ name }) => [name, spreadText(figure(name, "cpuPercent")), figure(name, "processes").median, figure(name, "memoryShare").median]),
      },
    ],
    bars: [atMost("at rest, % of one CPU", 1, figure(AT_REST, "cpuPercent").median), atMost("near limits, % of one CPU", 3, figure(NEAR_LIMITS, "cpuPercent").median)],
    notes: ["All threads of the main process count: event loop, governor, store."],
    raw: Object.fromEntries(results),
  });
});
