import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { CommandError, EXIT, type Print } from "workload-command-line";
import * as z from "zod";
import { cacheContents } from "../cache/cache-file.ts";
import { isValid } from "../cache/validity.ts";
import { isSkipped } from "../record.ts";
import { ERROR_CLASSES, errorClass } from "../report/classes.ts";
import { readSettings } from "../settings.ts";

const owner = z.object({ pid: z.number() });

export function addStatusCommand(program: Command, print: Print): void {
  program
    .command("status")
    .description("what the analysis cache holds, and whether a run is at work")
    .action(async () => {
      const settings = readSettings();
      const contents = await cacheContents(settings.cacheDirectory);
      if (contents === null) throw new CommandError(EXIT.nothingMatched, `there is no analysis cache in ${settings.cacheDirectory}`, "domain-risk analyze");
      const records = [...contents.records.values()];
      const failures = records.filter((record) => !record.accessible && !isSkipped(record));
      const errors = ERROR_CLASSES.map((name) => [name, failures.filter(({ error }) => errorClass(error ?? "") === name).length] as const).filter(([, count]) => count > 0);
      const status = {
        last_updated: contents.lastUpdated,
        records: records.length,
        accessible: records.filter(({ accessible }) => accessible).length,
        failed: failures.length,
        skipped: records.filter(isSkipped).length,
        valid: records.filter((record) => isValid(record, settings, Date.now())).length,
        errors: Object.fromEntries(errors),
        readable: contents.whole,
        running_pid: await runningPid(join(settings.cacheDirectory, "runtime")),
      };
      print.data(status, () =>
        [
          `${status.records} records (${status.accessible} accessible, ${status.failed} failed, ${status.skipped} skipped), ${status.valid} of them valid; last saved ${status.last_updated ?? "never"}`,
          ...errors.map(([name, count]) => `  ${String(count).padStart(5)}  ${name}`),
          status.running_pid === null ? "no run is at work" : `a run is at work: process ${status.running_pid}`,
        ].join("\n"),
      );
    });
}

/** The process that holds the cache; null when it is gone. */
async function runningPid(directory: string): Promise<number | null> {
  try {
    const { pid } = owner.parse(JSON.parse(await readFile(join(directory, "owner.json"), "utf8")));
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8");
    return commandLine.includes("analyze") ? pid : null;
  } catch {
    return null;
  }
}
