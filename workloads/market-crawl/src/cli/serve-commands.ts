import { readFile } from "node:fs/promises";
import { CommandError, EXIT, readCount, serveUntilSignal, untilSignal, type Frame } from "workload-command-line";
import { dayIn } from "../dates.ts";
import { startService } from "../service.ts";
import { readSettings } from "../settings.ts";
import { startMarketStandIn } from "../stand-in/server.ts";
import { makeWorld, type World } from "../stand-in/world.ts";
import { runDemo } from "./demo.ts";

interface StandInOptions {
  readonly addresses?: string;
  readonly ids?: string;
  readonly port: string;
}

export function addServeCommands({ program, print }: Frame): void {
  program
    .command("serve")
    .description("answer HTTP and crawl by the schedule")
    .action(async () => {
      const service = await startService({ settings: readSettings(), http: true });
      await serveUntilSignal(service, () => print.data({ ready: true, url: service.url }, () => `market-crawl at ${service.url}`));
    });
  program
    .command("stand-in")
    .description("both sources and the geocoder on loopback, with faults on request")
    .option("--addresses <file>", "JSON lines of addresses, instead of its own")
    .option("--ids <file>", "JSON lines of external ids, instead of its own")
    .option("--port <number>", "0 picks a free one", "0")
    .action(async ({ addresses, ids, port }: StandInOptions) => {
      const site = await startMarketStandIn(await readWorld(addresses, ids), readCount("--port", port));
      const { url, fleamarketUrl, loppemarkederUrl, geocodeUrl } = site;
      // For whoever starts it from a program: always JSON.
      const ready = { ready: true, url, fleamarket_url: fleamarketUrl, loppemarkeder_url: loppemarkederUrl, geocode_url: geocodeUrl };
      await untilSignal(() => process.stdout.write(`${JSON.stringify(ready)}\n`));
      await site.close();
    });
  program
    .command("demo")
    .description("a stand-in, two runs, a broken event, and what is on today; leaves nothing behind")
    .action(async () => {
      process.exitCode = await runDemo(print);
    });
}

async function readWorld(addresses: string | undefined, ids: string | undefined): Promise<World> {
  const { timeZone, today } = readSettings();
  const texts = { addresses: await readText("--addresses", addresses), ids: await readText("--ids", ids) };
  try {
    return makeWorld({ ...texts, today: today ?? dayIn(timeZone, new Date()) });
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError(EXIT.usage, error.message);
    throw error;
  }
}

async function readText(flag: string, path: string | undefined): Promise<string | null> {
  if (path === undefined) return null;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CommandError(EXIT.usage, `${flag} ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
