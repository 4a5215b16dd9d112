// 20,000 no-op jobs that wait in the queue already, each run in a separate warm process.
import { figuresOf, runRounds, type Entry } from "./harness/contenders.ts";
import { atLeast, publish, spreadText, tableRow } from "./harness/report.ts";
import { sized } from "./harness/scale.ts";
import { withServers } from "./harness/servers.ts";
import { ratios, spreadOf } from "./harness/statistics.ts";
import type { DrainParams } from "./contenders/drain-cofferdam.ts";

const rounds = sized({ full: 3, smoke: 1 });
const jobs = sized({ full: 20_000, smoke: 2000 });
const PROCESSES = [2, 4] as const;
const ENGINES = { own: "Cofferdam", bullmq: "BullMQ sandboxed, everysec", tinypool: "tinypool, child_process" } as const;

await withServers({ redis: ["everysec"], postgres: false }, async ({ scratch, redis }) => {
  const server = redis.everysec;
  const engines = Object.entries(ENGINES).filter(([key]) => key !== "bullmq" || server !== undefined);
  const moduleOf: Readonly<Record<string, string>> = { own: "drain-cofferdam", bullmq: "drain-bullmq", tinypool: "drain-tinypool" };
  const at = (name: string, processes: number): string => `${name}, ${processes} processes`;
  const entries: Entry<DrainParams>[] = PROCESSES.flatMap((processes) =>
    engines.map(([key, name]) => ({ name: at(name, processes), module: moduleOf[key] ?? "", params: { scratch, jobs, processes, server: server ?? "" } })),
  );
  const results = await runRounds(rounds, entries);
  const rate = (name: string, processes: number) => figuresOf(results, at(name, processes), "jobsPerSecond");
  const ratio = (name: string, processes: number) => ratios(rate(ENGINES.own, processes), rate(name, processes));
  const barAgainst = (name: string, processes: number): number | null => (rate(name, processes).length === 0 ? null : ratio(name, processes).median);
  publish({
    name: "drain",
    packages: ["cofferdam", "bullmq", "ioredis", "tinypool"],
    tables: [
      {
        title: `Jobs per second (${jobs} no-op jobs), median (min..max)`,
        columns: ["", ...PROCESSES.map((processes) => `${processes} processes`)],
        rows: engines.map(([, name]) =>
          tableRow(
            name,
            PROCESSES.map((processes) => spreadText(spreadOf(rate(name, processes)))),
          ),
        ),
      },
      {
        title: "CPU per job, µs, of the main process and all that it started (without Redis), median (min..max)",
        columns: ["", ...PROCESSES.map((processes) => `${processes} processes`)],
        rows: engines.map(([, name]) =>
          tableRow(
            name,
            PROCESSES.map((processes) => spreadText(spreadOf(figuresOf(results, at(name, processes), "cpuMicrosPerJob")))),
          ),
        ),
      },
      {
        title: "Cofferdam / peer, median of the rounds (min..max)",
        columns: ["", ...PROCESSES.map((processes) => `${processes} processes`)],
        rows: engines.slice(1).map(([, name]) =>
          tableRow(
            name,
            PROCESSES.map((processes) => spreadText(ratio(name, processes))),
          ),
        ),
      },
    ],
    bars: PROCESSES.flatMap((processes) => [
      atLeast(`${processes} processes / BullMQ sandboxed (aim 5)`, 3, barAgainst(ENGINES.bullmq, processes)),
      atLeast(`${processes} processes / tinypool child_process`, 0.8, barAgainst(ENGINES.tinypool, processes)),
    ]),
    notes: [
      "Every job was counted as ended well in the engine's own store afterwards, and the number of processes that took part was checked.",
      "tinypool has no queue, no durability and no supervision; BullMQ acknowledges an end before it is on disk (everysec), Cofferdam after.",
    ],
    raw: Object.fromEntries(results),
  });
});
