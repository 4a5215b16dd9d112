// The same attempts with the same faults, by everybody: what is left when it says that it has closed.
import { quantile } from "../../src/harness/statistics.ts";
import type { Table } from "../../src/harness/report.ts";
import { planAttempts, type Fault, type Params } from "./harness/plan.ts";
import { runContender, type ContenderRun, type Left } from "./harness/run-contender.ts";
import { flag, publish, setUp } from "./harness/setup.ts";

const CONTENDERS = [
  ["cofferdam", "@cofferdam/browsers"],
  ["playwright", "bare Playwright, with care"],
  ["crawlee", "Crawlee 3"],
  ["puppeteer-cluster", "puppeteer-cluster"],
] as const;

const attempts = flag("attempts", 1000);
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : undefined;
const runs = new Map<string, ContenderRun>();
{
  await using setup = await setUp();
  const params: Params = { site: setup.site.url, chromium: setup.chromium, slowChromium: setup.slowChromium, attempts: planAttempts(attempts), concurrency: 3, limitMs: 3000 };
  for (const [name, title] of CONTENDERS) {
    if (only !== undefined && only !== name) continue;
    const run = await runContender(name, params, { patienceMs: 60_000 + attempts * 4000, looksAgain: true, samplesPss: false });
    runs.set(title, run);
    console.error(title, JSON.stringify({ ...run, result: run.result === null ? null : summary(run) }));
  }
}

function summary(run: ContenderRun): object {
  const settled = run.result?.settled ?? [];
  const failures = settled.filter(({ fault, outcome }) => fault === null && outcome === "failed");
  return {
    wallMs: run.result?.wallMs,
    settled: settled.length,
    healthyFailed: failures.length,
    errors: [...new Set(failures.map(({ error }) => error.slice(0, 100)))].slice(0, 5),
    faultsPassed: settled.filter(({ fault, outcome }) => fault !== null && fault !== "leak" && outcome === "ok").map(({ fault }) => fault),
    stray: run.result?.stray,
  };
}

const text = ({ processes, zombies, directories }: Left): string => `${processes} / ${zombies} / ${directories}`;
const failed = (run: ContenderRun, fault: Fault | null): number => run.result?.settled.filter((one) => one.fault === fault && one.outcome === "failed").length ?? Number.NaN;
const afterCut = (run: ContenderRun): readonly number[] => run.result?.settled.flatMap(({ afterCutMs }) => (afterCutMs === null || afterCutMs > 2 ** 30 ? [] : [afterCutMs])) ?? [];

const table: Table = {
  title: `${attempts} attempts, every fifth with a fault, 3 at once, 3 s each: processes / zombies / directories left`,
  columns: ["", "close resolved", "5 s later", "its process gone", "healthy attempts failed", "cut to settled p50, ms", "p99, ms", "minutes"],
  rows: [...runs].map(([title, run]) => {
    const cuts = afterCut(run);
    const at = (share: number): string | number => (cuts.length === 0 ? "-" : quantile(cuts, share));
    return [
      title,
      text(run.atOnce),
      text(run.later),
      text(run.afterExit),
      run.result === null ? "did not end" : failed(run, null),
      at(0.5),
      at(0.99),
      run.result === null ? "-" : run.result.wallMs / 60_000,
    ];
  }),
};
const own = runs.get("@cofferdam/browsers");
publish({
  // One alone does not replace the table of all.
  name: only === undefined ? "leaks" : `leaks-${only}`,
  tables: [table],
  bars:
    own === undefined
      ? []
      : [
          {
            bar: "left by @cofferdam/browsers: processes + zombies + directories",
            required: "0",
            measured: sumOf(own.atOnce),
            met: sumOf(own.atOnce) === 0 && own.result !== null,
          },
          { bar: "healthy attempts of @cofferdam/browsers that failed", required: "0", measured: failed(own, null), met: failed(own, null) === 0 },
        ],
  notes: [
    "Faults in turn: a server that never answers, a page that never comes to rest, a crashed page, a browser killed from outside, a frozen browser (SIGSTOP to its whole tree), pages and contexts opened and forgotten, a launch that takes 5 s and is cut after 3.",
    "@cofferdam/browsers and bare Playwright start a browser for each attempt; the pools keep theirs, as they are meant to be used, and every third launch of theirs is the slow one.",
    "Processes and zombies are those ever seen in the contender's tree or naming its temporary directory, sampled five times a second; directories are what is left in its TMPDIR.",
  ],
  raw: Object.fromEntries([...runs].map(([title, run]) => [title, { ...run, result: summary(run) }])),
});

function sumOf(left: Left): number {
  return left.processes + left.zombies + left.directories;
}
