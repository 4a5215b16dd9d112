import { setTimeout as pause } from "node:timers/promises";
import { CommandError, EXIT, type Frame } from "workload-command-line";
import { parseAddress } from "../address/parse-address.ts";
import type { Database } from "../database/database.ts";
import { interruptOrphans } from "../runs/run-store.ts";
import { isActive } from "../runs/run-status.ts";
import { currentRun, findRun, listRuns, readFreshness } from "../runs/run-view.ts";
import { withDatabase } from "./one-shot.ts";
import { wordRun } from "./word-run.ts";

const RUNS_SHOWN = 5;
const LOOK_MS = 500;

export function addReadCommands({ program, print }: Frame): void {
  program
    .command("status")
    .description("the last five runs, and how fresh the markets are")
    .action(() =>
      withDatabase(async (database) => {
        await interruptOrphans(database, null);
        const runs = await listRuns(database.read, RUNS_SHOWN);
        const freshness = await readFreshness(database.read, new Date());
        print.data({ ...freshness, runs }, () => [freshness.freshness, ...runs.map(wordRun)].join("\n"));
      }),
    );
  program
    .command("logs")
    .description("what the worker of the active run says, else that of the last one")
    .option("--follow", "go on until the run has ended")
    .action(({ follow }: { readonly follow?: boolean }) => withDatabase((database) => printLogs(database, follow === true)));
  program
    .command("parse-address <text>")
    .description("take an address apart")
    .action((text: string) => void process.stdout.write(`${JSON.stringify(parseAddress(text))}\n`));
}

async function printLogs(database: Database, follow: boolean): Promise<void> {
  const run = await currentRun(database.read);
  if (run === null) throw new CommandError(EXIT.nothingMatched, "there is no run yet", "Start one with `market-crawl run`.");
  let next = 0;
  for (;;) {
    const row = await findRun(database.read, run.id);
    const { firstLine, lines } = await readOutput(database, run.id);
    // Lines that came and went between two looks are gone; the rest is printed once.
    for (const [index, line] of lines.entries()) if (firstLine + index >= next) process.stdout.write(`${line}\n`);
    next = Math.max(next, firstLine + lines.length);
    if (!follow || row === null || !isActive(row.status)) return;
    await interruptOrphans(database, null);
    await pause(LOOK_MS);
  }
}

async function readOutput(database: Database, runId: string): Promise<{ readonly firstLine: number; readonly lines: readonly string[] }> {
  const running = await database.read.selectFrom("run_output").selectAll().where("run_id", "=", runId).executeTakeFirst();
  if (running !== undefined) return { firstLine: running.first_line, lines: splitLines(running.lines) };
  const ended = await database.read.selectFrom("scraping_logs").select(["output", "first_line"]).where("run_id", "=", runId).executeTakeFirst();
  return { firstLine: ended?.first_line ?? 0, lines: splitLines(ended?.output ?? "") };
}

function splitLines(text: string): readonly string[] {
  return text === "" ? [] : text.split("\n");
}
