// Pages per minute with a fresh context each, memory and CPU, side by side.
import { median, spreadOf, type Spread } from "../../src/harness/statistics.ts";
import { spreadText } from "../../src/harness/report.ts";
import type { Params } from "./harness/plan.ts";
import { runContender, type ContenderRun } from "./harness/run-contender.ts";
import { flag, publish, setUp } from "./harness/setup.ts";

const CONTENDERS = [
  ["cofferdam-pages", "@cofferdam/browsers"],
  ["cofferdam-pages-few", '@cofferdam/browsers, threads: "few"'],
  ["crawlee", "Crawlee 3, incognito pages"],
  ["puppeteer-cluster", "puppeteer-cluster, contexts"],
] as const;

const pages = flag("pages", 200);
const rounds = flag("rounds", 3);
const concurrency = flag("concurrency", 4);
const runs = new Map<string, ContenderRun[]>(CONTENDERS.map(([, title]) => [title, []]));

{
  await using setup = await setUp();
  const attempts = Array.from({ length: pages }, (_one, index) => ({ index, fault: null }));
  const params: Params = { site: setup.site.url, chromium: setup.chromium, slowChromium: setup.slowChromium, attempts, concurrency, limitMs: 60_000 };
  for (let round = 0; round < rounds; round += 1) {
    // Each round begins with another one.
    for (let turn = 0; turn < CONTENDERS.length; turn += 1) {
      const [name, title] = CONTENDERS[(round + turn) % CONTENDERS.length] ?? CONTENDERS[0];
      const run = await runContender(name, params, { patienceMs: 600_000, looksAgain: false, samplesPss: true });
      const failed = run.result?.settled.filter(({ outcome }) => outcome === "failed") ?? [];
      if (run.result === null || run.result.settled.length !== pages || failed.length > 0)
        throw new Error(`${title}: ${failed.length} of ${pages} pages failed: ${failed[0]?.error ?? "it did not end"}`);
      runs.get(title)?.push(run);
    }
  }
}

const perMinute = (run: ContenderRun): number => pages / ((run.result?.wallMs ?? Number.NaN) / 60_000);
const spread = (title: string, figure: (run: ContenderRun) => number): Spread => spreadOf((runs.get(title) ?? []).map(figure));
const OWN = ["@cofferdam/browsers", '@cofferdam/browsers, threads: "few"'] as const;
const ratio = (own: string, title: string, figure: (run: ContenderRun) => number): number =>
  median((runs.get(own) ?? []).map((run, round) => figure(run) / figure(runs.get(title)?.[round] ?? run)));
const peers = CONTENDERS.map(([, title]) => title).filter((title) => !OWN.some((own) => own === title));

publish({
  name: "pages",
  tables: [
    {
      title: `${pages} pages, a fresh context each, ${concurrency} at once; median (min..max) of ${rounds} rounds`,
      columns: ["", "pages per minute", "PSS, mean, MB", "PSS, peak, MB", "CPU seconds"],
      rows: CONTENDERS.map(([, title]) => [
        title,
        spreadText(spread(title, perMinute)),
        spreadText(spread(title, (run) => run.pssMbMean)),
        spreadText(spread(title, (run) => run.pssMbPeak)),
        spreadText(spread(title, (run) => run.cpuSeconds)),
      ]),
    },
  ],
  bars: OWN.flatMap((own) =>
    peers.flatMap((title) => {
      const speed = ratio(own, title, perMinute);
      const memory = ratio(own, title, (run) => run.pssMbMean);
      return [
        { bar: `${own}: pages per minute / ${title}`, required: ">= 1", measured: speed, met: speed >= 1 },
        { bar: `${own}: mean PSS / ${title}`, required: "<= 1", measured: memory, met: memory <= 1 },
      ];
    }),
  ),
  notes: [
    "All keep one browser for many pages. Pages of @cofferdam/browsers and puppeteer-cluster are 800 by 600, those of Crawlee 1280 by 720.",
    "From the start of the first browser to the resolved close; loading the library is not part of it.",
    "PSS over the contender's process and everything below it, five times a second. CPU seconds of processes that live shorter than a fifth of a second are not seen.",
  ],
  raw: Object.fromEntries([...runs].map(([title, each]) => [title, each.map(({ result, ...rest }) => ({ ...rest, wallMs: result?.wallMs }))])),
});
