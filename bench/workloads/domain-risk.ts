// domain-risk end to end: 200 domains, 30 % of them siblings that are protected, 10 % that never answer; against a run as it is commonly written:
// the same workers, HTTP and then a browser, 60 s of wall for each domain, nothing learnt from a refusal.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readLists } from "../../workloads/domain-risk/src/lists/read-lists.ts";
import type { DomainRecord } from "../../workloads/domain-risk/src/record.ts";
import { RUN_DEFAULTS, startRun } from "../../workloads/domain-risk/src/run/start-run.ts";
import { readSettings } from "../../workloads/domain-risk/src/settings.ts";
import { startDomainStandIn } from "../../workloads/domain-risk/src/stand-in/site.ts";
import { processesWith, treeOf } from "../src/harness/processes.ts";
import { atLeast, atMost, publish } from "../src/harness/report.ts";
import { scale, sized } from "../src/harness/scale.ts";
import { withScratch } from "../src/harness/scratch.ts";
import { quantile, round } from "../src/harness/statistics.ts";
import { runNaively } from "./domain-risk-naive.ts";

const WORKERS = 5;
const DOMAINS = sized({ full: 200, smoke: 20 });
/** Both runs pause like this before each request. */
const PAUSE_SECONDS = { min: 1, max: 2 };
/** In a smoke run the walls are a fifth: its figures mean nothing. */
const WALLS = sized({ full: { budget: 20, http: 10, navigation: 8, naive: 60 }, smoke: { budget: 4, http: 2, navigation: 1.6, naive: 12 } });
const FAMILY = sized({ full: 15, smoke: 3 });
const SUFFIXES = ["com", "co.uk", "ca", "de", "fr", "it", "es", "nl", "be", "at", "ch", "pl", "se", "dk", "pt"];

interface World {
  readonly protectedOnes: readonly string[];
  readonly hanging: readonly string[];
  readonly solved: readonly string[];
  readonly plain: readonly string[];
  readonly all: readonly string[];
}

await withScratch(async (scratch) => {
  const world = makeWorld(DOMAINS);
  const site = await startDomainStandIn({ records: [], port: 0 });
  for (const domain of world.protectedOnes) site.order({ domain, fault: "unsolved" });
  for (const domain of world.hanging) site.order({ domain, fault: "hang" });
  for (const domain of world.solved) site.order({ domain, fault: "challenge" });
  try {
    const ours = await runOurs(scratch, site.url, world);
    const naive = await runNaively(world.all, { template: `${site.url}/{domain}/`, workers: WORKERS, wallSeconds: WALLS.naive, pauseSeconds: PAUSE_SECONDS });
    report(world, ours, naive);
  } finally {
    await site.close();
  }
});

/** 30 % protected, in families; 10 % that hang; of the rest every sixth needs a browser. Spread evenly. */
function makeWorld(count: number): World {
  const protectedOnes = Array.from({ length: Math.round(count * 0.3) }, (_, index) => `brand${Math.floor(index / FAMILY)}house.${SUFFIXES[index % FAMILY]}`);
  const hanging = Array.from({ length: Math.round(count * 0.1) }, (_, index) => `hangs-${index}-forever.com`);
  const rest = Array.from({ length: count - protectedOnes.length - hanging.length }, (_, index) => `shop-number-${index}.com`);
  const solved = rest.filter((_domain, index) => index % 6 === 0);
  const rank = (domain: string): number => [...domain].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 9973, 7);
  return {
    protectedOnes,
    hanging,
    solved,
    plain: rest.filter((domain) => !solved.includes(domain)),
    all: [...protectedOnes, ...hanging, ...rest].sort((a, b) => rank(a) - rank(b)),
  };
}

interface Ours {
  readonly seconds: number;
  readonly records: readonly DomainRecord[];
  readonly processCounts: readonly number[];
  readonly leftBehind: number;
}

async function runOurs(scratch: string, siteUrl: string, world: World): Promise<Ours> {
  const environment = {
    ...process.env,
    LISTS_DIR: join(scratch, "lists"),
    CACHE_DIR: join(scratch, "cache"),
    OUT_DIR: join(scratch, "out"),
    TARGET_TEMPLATE: `${siteUrl}/{domain}/`,
    ALLOW_PRIVATE_TARGETS: "true",
    DOMAIN_BUDGET_SECONDS: String(WALLS.budget),
    HTTP_TIMEOUT_SECONDS: String(WALLS.http),
    NAV_TIMEOUT_SECONDS: String(WALLS.navigation),
    PAUSE_MIN_SECONDS: String(PAUSE_SECONDS.min),
    PAUSE_MAX_SECONDS: String(PAUSE_SECONDS.max),
  };
  await mkdir(environment.LISTS_DIR);
  await writeFile(join(environment.LISTS_DIR, "cosmetics.txt"), `${world.all.join("\n")}\n`);
  const settings = readSettings(environment);
  const { found } = await readLists(settings.listsDirectory);
  const processCounts: number[] = [];
  const sampling = setInterval(() => processCounts.push(treeOf(process.pid).length), 1000);
  const startMs = performance.now();
  const run = await startRun({
    ...RUN_DEFAULTS,
    settings,
    environment,
    lists: found,
    allLists: found,
    workers: WORKERS,
    note: (text) => console.error(text),
  });
  const { outputs } = await run.done;
  const seconds = (performance.now() - startMs) / 1000;
  clearInterval(sampling);
  return { seconds, records: outputs.flatMap(({ records }) => records), processCounts, leftBehind: processesWith(scratch).length };
}

function report(world: World, ours: Ours, naive: { readonly seconds: number; readonly slowestSeconds: number; readonly fetched: number }): void {
  const slowest = Math.max(...ours.records.map(({ response_time_seconds }) => response_time_seconds ?? 0));
  const accessible = ours.records.filter(({ accessible }) => accessible).length;
  const skipped = ours.records.filter(({ error }) => error?.startsWith("Skipped") === true).length;
  const half = Math.floor(ours.processCounts.length / 2);
  const [early, late] = [ours.processCounts.slice(0, half), ours.processCounts.slice(half)].map((counts) => Math.max(0, ...counts));
  publish({
    name: "domain-risk",
    packages: ["playwright-core"],
    tables: [
      {
        title: `${world.all.length} domains (${world.protectedOnes.length} protected, ${world.hanging.length} hanging), ${WORKERS} workers`,
        columns: ["", "s", "slowest domain, s", "accessible", "paid protected"],
        rows: [
          ["domain-risk", round(ours.seconds), round(slowest), accessible, world.protectedOnes.length - skipped],
          [`naive, wall of ${WALLS.naive} s`, round(naive.seconds), round(naive.slowestSeconds), naive.fetched, world.protectedOnes.length],
        ],
      },
      {
        title: "Processes of the run, looked at each second",
        columns: ["", "p50", "most, first half", "most, second half", "left behind"],
        rows: [["domain-risk", round(quantile(ours.processCounts, 0.5)), early ?? 0, late ?? 0, ours.leftBehind]],
      },
    ],
    bars: [
      atLeast("times as fast as the naive run", 4, naive.seconds / ours.seconds),
      atMost("slowest domain, s", WALLS.budget + 0.5, slowest),
      atMost("processes: most of the second half less most of the first", 3, (late ?? 0) - (early ?? 0)),
      atMost("processes left behind", 0, ours.leftBehind),
    ],
    notes: [
      "Both runs pause 1 to 2 s before each request and have the same workers. The naive run shares one browser, with a fresh context for each domain, and waits for a quiet network within its wall.",
      "A protected site answers 403, and a browser gets a challenge that never ends.",
      ...(scale === "smoke" ? ["Smoke: a tenth of the domains, walls and budgets a fifth. Only shows that the harness works."] : []),
    ],
    raw: {
      seconds: ours.seconds,
      naive,
      processCounts: ours.processCounts,
      responseSeconds: ours.records.map(({ domain, response_time_seconds }) => [domain, response_time_seconds]),
    },
  });
}
