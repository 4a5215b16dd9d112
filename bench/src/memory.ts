// What an idle runtime holds: resident memory of the main process, proportional memory of each warm worker.
import { figuresOf, runRounds, type Entry } from "./harness/contenders.ts";
import { atMost, publish, spreadText, tableRow } from "./harness/report.ts";
import { sized } from "./harness/scale.ts";
import { withServers } from "./harness/servers.ts";
import { spreadOf } from "./harness/statistics.ts";
import type { MemoryParams } from "./contenders/memory.ts";

const rounds = sized({ full: 3, smoke: 1 });
const OWN = "Cofferdam with its API, 2 warm workers";
const COLUMNS = [
  ["mainRssBefore", "main RSS, idle"],
  ["mainRssAfter", "main RSS, after jobs"],
  ["workerPssBefore", "worker PSS, before any attempt"],
  ["workerPssAfter", "worker PSS, after attempts"],
  ["workerPrivateAfter", "worker private, after attempts"],
] as const;

await withServers({ redis: ["everysec"], postgres: false }, async ({ scratch, redis }) => {
  const params = { scratch, settleMs: sized({ full: 2000, smoke: 1000 }), redisPath: redis.everysec ?? "" };
  const entry = (name: string, program: string, job: string, jobs: number): Entry<MemoryParams> => ({ name, module: "memory", params: { ...params, program, job, jobs } });
  const entries = [entry(OWN, "idle-cofferdam.mjs", "no-op", 4)];
  if (redis.everysec !== undefined) entries.push(entry("BullMQ, 2 sandbox children (without Redis)", "idle-bullmq.mjs", "sandboxed-no-op", 8));
  entries.push(entry("bare Node, 2 forked children", "idle-node.mjs", "exits", 0));
  const results = await runRounds(rounds, entries);
  const cell = (name: string, key: string): string => {
    const values = figuresOf(results, name, key);
    return values.length === 0 ? "-" : spreadText(spreadOf(values));
  };
  const own = (key: string): number => spreadOf(figuresOf(results, OWN, key)).median;
  publish({
    name: "memory",
    packages: ["cofferdam", "bullmq", "ioredis"],
    tables: [
      {
        title: "Memory in MiB, median (min..max)",
        columns: ["", ...COLUMNS.map(([, title]) => title)],
        rows: entries.map(({ name }) =>
          tableRow(
            name,
            COLUMNS.map(([key]) => cell(name, key)),
          ),
        ),
      },
    ],
    bars: [
      atMost("idle runtime, main RSS, MiB", 120, own("mainRssBefore")),
      atMost("warm idle worker, PSS, MiB", 20, own("workerPssBefore"), "before its first attempt"),
      atMost("warm idle worker, PSS, MiB", 20, own("workerPssAfter"), "after its first attempts"),
    ],
    notes: [
      "A worker's figure is its Node process plus the shell that holds its namespace; of several workers the largest. PSS falls as more Node processes run on the machine: the code pages are shared.",
    ],
    raw: Object.fromEntries(results),
  });
});
