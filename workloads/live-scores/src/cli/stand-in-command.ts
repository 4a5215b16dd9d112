import { readFile } from "node:fs/promises";
import { CommandError, EXIT, messageOf, readCount, untilSignal, type Frame } from "workload-command-line";
import { readCycle } from "../reconcile/replay.ts";
import { startStandIn } from "../stand-in/site.ts";
import { bodyOf } from "./decode-command.ts";

interface Options {
  readonly port: string;
  readonly matches: string;
  readonly timeline?: string;
  readonly sv3?: string;
}

export function addStandInCommand({ program }: Frame): void {
  program
    .command("stand-in")
    .description("the score site on loopback, with faults on request (POST /__control)")
    .option("--port <number>", "0 picks a free one", "0")
    .option("--matches <number>", "scripted matches that are live at first", "4")
    .option("--timeline <file>", "recorded discovery cycles, one for each request of the list")
    .option("--sv3 <file>", "recorded bodies of the live JSON, one for each request")
    .action(async ({ port, matches, timeline, sv3 }: Options) => {
      const site = await startStandIn({
        port: readCount("--port", port),
        matches: timeline === undefined ? readCount("--matches", matches) : 0,
        ...(timeline === undefined ? {} : { lists: await readLines(timeline, (line) => readCycle(line).urls) }),
        ...(sv3 === undefined ? {} : { bodies: await readLines(sv3, (line) => JSON.stringify(bodyOf(JSON.parse(line)))) }),
      });
      const ready = { ready: true, url: site.url, matches: site.listed(), environment: site.environment };
      await untilSignal(() => process.stdout.write(`${JSON.stringify(ready)}\n`));
      await site.close();
    });
}

async function readLines<Value>(file: string, read: (line: string) => Value): Promise<Value[]> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new CommandError(EXIT.usage, `${file} cannot be read: ${messageOf(error)}`);
  });
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new CommandError(EXIT.nothingMatched, `${file} has no lines`);
  return lines.map((line, index) => {
    try {
      return read(line);
    } catch (error) {
      throw new CommandError(EXIT.failed, `${file}: entry ${index + 1}: ${messageOf(error)}`);
    }
  });
}
