import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { CommandError, EXIT, messageOf, readCount, untilSignal, type Print } from "workload-command-line";
import * as z from "zod";
import { domainRecord, type DomainRecord } from "../record.ts";
import { FIXTURES } from "../stand-in/fixtures.ts";
import { startDomainStandIn } from "../stand-in/site.ts";

interface StandInOptions {
  readonly records?: readonly string[];
  readonly port: string;
}

export function addStandInCommand(program: Command, print: Print): void {
  program
    .command("stand-in")
    .description("serve any domain on one port of loopback, with faults on request")
    .option("--records <file...>", "records whose pages it serves: {category}_data.json; its own without")
    .option("--port <port>", "0 picks a free one", "8005")
    .action(async ({ records, port }: StandInOptions) => {
      const world = records === undefined ? FIXTURES : (await Promise.all(records.map(readRecords))).flat();
      const site = await startDomainStandIn({ records: world, port: readCount("--port", port) });
      const template = `${site.url}/{domain}/`;
      await untilSignal(() => print.data({ url: site.url, target_template: template, records: world.length }, () => `TARGET_TEMPLATE=${template} ALLOW_PRIVATE_TARGETS=true`));
      await site.close();
    });
}

async function readRecords(path: string): Promise<DomainRecord[]> {
  try {
    return z.array(domainRecord).parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    throw new CommandError(EXIT.configuration, `--records ${path}: ${messageOf(error).slice(0, 300)}`);
  }
}
