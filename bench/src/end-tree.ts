// From the moment a budget is found broken to the moment nothing is left of the tree.
import { join } from "node:path";
import { chromiumEnvironment } from "./harness/chromium.ts";
import { runRounds, samplesOf, type Entry } from "./harness/contenders.ts";
import { atMost, publish } from "./harness/report.ts";
import { sized } from "./harness/scale.ts";
import { withScratch } from "./harness/scratch.ts";
import { latenciesOf, median } from "./harness/statistics.ts";
import type { EndTreeParams } from "./contenders/end-tree-contain.ts";

const rounds = sized({ full: 3, smoke: 1 });
const PROGRAMS = join(import.meta.dirname, "programs");
const PLAIN = "plain tree of 20, strongest tier";
const BROWSER = "Chromium with a page, strongest tier";
const GROUP_KILL = "plain tree of 20, SIGKILL to the process group";

await withScratch(async (scratch) => {
  const plain = { scratch, samples: sized({ full: 35, smoke: 5 }), command: ["sh", join(PROGRAMS, "plain-tree.sh")], env: {}, memory: "64MB", processesMin: 17 };
  const browser = {
    scratch,
    samples: sized({ full: 15, smoke: 2 }),
    command: [process.execPath, join(PROGRAMS, "browser-page.mjs")],
    env: await chromiumEnvironment(),
    memory: null,
    processesMin: 5,
  };
  const entries: Entry<EndTreeParams>[] = [
    { name: PLAIN, module: "end-tree-contain", params: { ...plain, tier: "auto" } },
    { name: "plain tree of 20, tier pidns", module: "end-tree-contain", params: { ...plain, samples: Math.ceil(plain.samples / 3), tier: "pidns" } },
    { name: BROWSER, module: "end-tree-contain", params: { ...browser, tier: "auto" } },
  ];
  const peer: Entry<EndTreeParams> = { name: GROUP_KILL, module: "end-tree-group-kill", params: { ...plain, samples: Math.ceil(plain.samples / 6), tier: "auto" } };
  const results = await runRounds(rounds, [...entries, peer]);
  const toEmpty = (name: string) => latenciesOf(samplesOf(results, name, "intentToEmptyMs"));
  const size = (name: string) => median(samplesOf(results, name, "treeSizes"));
  const diedOf = (name: string) => (results.get(name) ?? []).reduce((sum, { died }) => sum + Number(died), 0);
  const killed = latenciesOf(samplesOf(results, GROUP_KILL, "killToExitMs"));
  publish({
    name: "end-tree",
    packages: ["cofferdam", "@sparticuz/chromium", "playwright-core"],
    tables: [
      {
        title: "Budget broken to empty tree, ms (all rounds together)",
        columns: ["", "processes", "tier", "p50", "p99", "max", "trees", "died by itself before", "left behind"],
        rows: [
          ...entries.map(({ name }) => {
            const { p50, p99, max, count } = toEmpty(name);
            return [name, name === BROWSER ? size(name) : 20, String(results.get(name)?.[0]?.["tierUsed"]), p50, p99, max, count, diedOf(name), 0];
          }),
          [GROUP_KILL, 20, "-", killed.p50, killed.p99, killed.max, killed.count, 0, median(samplesOf(results, GROUP_KILL, "leftBehind"))],
        ],
      },
    ],
    bars: [atMost("plain tree of 20, p99, ms", 50, toEmpty(PLAIN).p99), atMost("Chromium, p99, ms", 300, toEmpty(BROWSER).p99)],
    notes: [
      "From `intent.atMs` (the budget was found broken) to the outcome of `contain`, which includes the verdict and the evidence. Then every process seen in the tree before is looked for in /proc; one that lives fails the run.",
      "The browser is ended by a cancel without grace: who breaks a memory budget in a browser is chance, and the way down is the same.",
      "The time until a broken budget is noticed is not part of this: with kernel-enforced memory it is the kernel's, else the sampling interval (25 to 250 ms).",
    ],
    raw: Object.fromEntries(results),
  });
});
