// market-crawl while the machine is busy: crawls one after the other, a job that only spins on each core, and how long the API and the probes take meanwhile.
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startService, type Service } from "../../workloads/market-crawl/src/service.ts";
import { readSettings } from "../../workloads/market-crawl/src/settings.ts";
import { SOURCE_NAMES } from "../../workloads/market-crawl/src/sources/item.ts";
import { startMarketStandIn } from "../../workloads/market-crawl/src/stand-in/server.ts";
import { makeWorld } from "../../workloads/market-crawl/src/stand-in/world.ts";
import { atMost, publish } from "../src/harness/report.ts";
import { sized } from "../src/harness/scale.ts";
import { withScratch } from "../src/harness/scratch.ts";
import { latenciesOf } from "../src/harness/statistics.ts";

const MEASURE_MS = sized({ full: 30_000, smoke: 3000 });
const EVENTS = sized({ full: 1000, smoke: 50 });
const SPINNERS = 2;
const PAUSE_MS = 20;
/** Longer than anything here takes; they are ended when it is over. */
const SPIN_MS = 280_000;
const TODAY = "2025-11-29";

interface Measured {
  readonly livezMs: readonly number[];
  readonly healthzMs: readonly number[];
  readonly healthMs: readonly number[];
  readonly runs: readonly { readonly status: string; readonly processed: number }[];
}

await withScratch(async (scratch) => {
  const ids = Array.from({ length: EVENTS }, (_, index) => JSON.stringify({ external_id: String(index + 1), source: "loppemarkeder" })).join("\n");
  const site = await startMarketStandIn(makeWorld({ addresses: null, ids, today: TODAY }));
  const environment = {
    PORT: "0",
    DB_PATH: join(scratch, "markets.db"),
    RUNTIME_DIR: join(scratch, "runtime"),
    FLEAMARKET_URL: site.fleamarketUrl,
    LOPPEMARKEDER_URL: site.loppemarkederUrl,
    GEOCODE_URL: site.geocodeUrl,
    GEOAPIFY_API_KEY: "bench",
    DELAY_START_MS: "20",
    SCHEDULE: "off",
    TODAY,
  };
  const alongside = { jobs: [join(import.meta.dirname, "../src/jobs/spins.mjs")], lanes: { spin: { concurrency: SPINNERS } }, http: { port: 0 } };
  const service = await startService({ settings: readSettings(environment), environment, http: true, alongside });
  try {
    report(await measure(service));
  } finally {
    await service.stop();
    await site.close();
  }
});

async function measure(service: Service): Promise<Measured> {
  const { runtime, url } = service;
  if (runtime.url === null || url === null) throw new Error("the service does not listen");
  const spinning = await startSpinners(service);
  const over = new AbortController();
  const crawled = crawlUntil(service, over.signal);
  await firstProgress(service);
  const sampled = Promise.all([sample(`${runtime.url}/livez`, over.signal), sample(`${runtime.url}/healthz`, over.signal), sample(`${url}/health`, over.signal)]);
  await pause(MEASURE_MS);
  over.abort();
  const [livezMs, healthzMs, healthMs] = await sampled;
  await Promise.all(spinning.map((id) => runtime.control.cancel(id, { mode: "kill", by: "bench", reason: "measured" })));
  return { livezMs, healthzMs, healthMs, runs: await crawled };
}

/** Resolves when every spinner has a core to itself. */
async function startSpinners({ runtime }: Service): Promise<string[]> {
  const started = Promise.withResolvers<void>();
  let running = 0;
  const unlisten = runtime.onEvent((event) => {
    if (event.kind !== "attempt.started" || event.lane !== "spin") return;
    running += 1;
    if (running === SPINNERS) started.resolve();
  });
  const jobs = await Promise.all(Array.from({ length: SPINNERS }, () => runtime.control.enqueue({ type: "spins", lane: "spin", input: JSON.stringify({ forMs: SPIN_MS }) })));
  await started.promise;
  unlisten();
  return jobs.map(({ id }) => id);
}

/** One run after the other; the last one is cancelled. */
async function crawlUntil({ conductor, database }: Service, signal: AbortSignal): Promise<Measured["runs"]> {
  const runs: { status: string; processed: number }[] = [];
  while (!signal.aborted) {
    const { run } = await conductor.trigger({ trigger: "cli", sources: SOURCE_NAMES, mode: "join" });
    const cancel = (): void => void conductor.cancel(run.id);
    signal.addEventListener("abort", cancel);
    const { status } = await conductor.untilEnded(run.id);
    signal.removeEventListener("abort", cancel);
    const counts = await database.read.selectFrom("run_sources").select("processed").where("run_id", "=", run.id).execute();
    runs.push({ status, processed: counts.reduce((sum, { processed }) => sum + processed, 0) });
  }
  return runs;
}

async function firstProgress({ conductor }: Service): Promise<void> {
  const begun = Promise.withResolvers<void>();
  const unwatch = conductor.watch(() => {
    if ((conductor.live.current()?.note?.processed ?? 0) > 0) begun.resolve();
  });
  await begun.promise;
  unwatch();
}

async function sample(url: string, signal: AbortSignal): Promise<number[]> {
  const samples: number[] = [];
  while (!signal.aborted) {
    const beganMs = performance.now();
    const response = await fetch(url);
    await response.text();
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
    samples.push(performance.now() - beganMs);
    await pause(PAUSE_MS);
  }
  return samples;
}

function report({ livezMs, healthzMs, healthMs, runs }: Measured): void {
  const rows = [
    ["/livez", latenciesOf(livezMs)],
    ["/healthz", latenciesOf(healthzMs)],
    ["/health of the workload", latenciesOf(healthMs)],
  ] as const;
  publish({
    name: "crawl-health",
    packages: [],
    tables: [
      {
        title: "Answers while a crawl runs and a job spins on each core, ms",
        columns: ["", "p50", "p99", "max", "answers"],
        rows: rows.map(([name, { p50, p99, max, count }]) => [name, p50, p99, max, count]),
      },
      { title: "What the crawls did meanwhile", columns: ["runs", "items"], rows: [[runs.length, runs.reduce((sum, { processed }) => sum + processed, 0)]] },
    ],
    bars: rows.flatMap(([name, { p99, max }]) => [atMost(`${name} p99, ms`, 50, p99), atMost(`${name} max, ms`, 250, max)]),
    notes: [
      "The caller, the stand-in of both sources and the service share one process: their time is part of the figures.",
      "Workers run with nice 10, the default; the spinners are jobs as well.",
    ],
    raw: { livezMs, healthzMs, healthMs, runs },
  });
}
