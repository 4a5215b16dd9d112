// Does the API answer while the jobs take the machine?
import { figuresOf, runContender, runRounds, samplesOf, type Entry, type Figures } from "./harness/contenders.ts";
import { makeSmallContainer } from "./harness/cgroup.ts";
import { atMost, publish, type Bar } from "./harness/report.ts";
import { sized } from "./harness/scale.ts";
import { withServers } from "./harness/servers.ts";
import { latenciesOf, median } from "./harness/statistics.ts";
import type { HttpParams } from "./contenders/http-load.ts";

const rounds = sized({ full: 3, smoke: 1 });
const seconds = sized({ full: 5, smoke: 2 });
const LOADED = "Cofferdam, 2 spinning jobs + 200 MB/s of log";
const SMALL = "Cofferdam in 0.25 CPU and 512 MB, 1 spinning job";

await withServers({ redis: ["everysec"], postgres: false }, async ({ scratch, redis }) => {
  const params = { scratch, seconds, redisPath: redis.everysec ?? "", clientCgroup: null };
  const load = { spinning: 2, logBytesPerSecond: 200e6 };
  const entries: Entry<HttpParams>[] = [
    { name: "Cofferdam, no job", module: "http-cofferdam", params: { ...params, spinning: 0, logBytesPerSecond: 0 } },
    { name: LOADED, module: "http-cofferdam", params: { ...params, ...load } },
  ];
  if (redis.everysec !== undefined) entries.push({ name: "BullMQ sandboxed + bare node:http, the same load", module: "http-bullmq", params: { ...params, ...load } });
  const results = new Map(await runRounds(rounds, entries));
  const small = await measureSmall(params);
  if (small !== null) results.set(SMALL, [small]);
  const row = (name: string, path: string): (string | number)[] => {
    const samples = samplesOf(results, name, path);
    if (samples.length === 0) return [];
    const { count, p50, p99, max } = latenciesOf(samples);
    return [`${name}: /${path}`, p50, p99, max, count, Math.round(median(figuresOf(results, name, "loggedBytesPerSecond")) / 1e6)];
  };
  publish({
    name: "http",
    packages: ["cofferdam", "bullmq", "ioredis"],
    tables: [
      {
        title: "Answers, ms (all rounds together)",
        columns: ["", "p50", "p99", "max", "requests", "MB/s logged"],
        rows: [...results.keys()].flatMap((name) => [row(name, "livez"), row(name, "healthz")]).filter((cells) => cells.length > 0),
      },
    ],
    bars: [...barsOf("livez", results, small), ...barsOf("healthz", results, small)],
    notes: [
      "The client is a second process on the same two cores; /livez every 10 ms, /healthz every 50 ms, without waiting for the answer before.",
      "BullMQ has no API: a bare node:http server that answers a constant stands for it. Its children's output is piped through the main process, so the log may be slower than asked for; the last column says how fast it was.",
      "In the small container the main process, its workers and the job share 25 ms of CPU in each 100 ms; the client is outside. Its worst answer is one of the first second, and varies from run to run: 0.5, 0.9 and 1.2 s in three.",
    ],
    raw: Object.fromEntries(results),
  });
});

function barsOf(path: "livez" | "healthz", results: ReadonlyMap<string, readonly Figures[]>, small: Figures | null): readonly Bar[] {
  const loaded = latenciesOf(samplesOf(results, LOADED, path));
  const smallMax = small === null ? null : latenciesOf(samplesOf(results, SMALL, path)).max;
  const why = small === null ? "no CPU-limited cgroup can be made here" : undefined;
  const smallBar = atMost(`/${path} in 0.25 CPU and 512 MB, max, ms`, 1000, smallMax, why);
  if (path === "healthz") return [atMost("/healthz under load, p99, ms", 50, loaded.p99), smallBar];
  return [atMost("/livez under load, p99, ms", 20, loaded.p99), atMost("/livez under load, max, ms", 100, loaded.max), smallBar];
}

async function measureSmall(params: Omit<HttpParams, "spinning" | "logBytesPerSecond">): Promise<Figures | null> {
  const container = makeSmallContainer(0.25, 512 * 1024 ** 2);
  if (container === null) return null;
  try {
    const entry = { name: SMALL, module: "http-cofferdam", params: { ...params, spinning: 1, logBytesPerSecond: 0, clientCgroup: container.outside } };
    return await runContender(entry, { timeoutMs: 120_000, launcher: container.launcher });
  } finally {
    await container.remove();
  }
}
