import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parseOrderFileName } from "../order/order-file-name.ts";
import { readOrderFile } from "../order/read-order.ts";
import type { Reading, ReadingTools } from "./import-job.ts";
import type { Inventory } from "./inventory.ts";
import { readReports } from "./read-reports.ts";
import { openStaging, type Staging } from "./staging.ts";

/** Merged mode: order files and reports meet in a scratch database on disk, so that neither is ever held in memory. */
export async function importMerged(inventory: Inventory, tools: ReadingTools): Promise<Reading> {
  const { sink, track } = tools;
  const path = join(tools.scratch, "staging.db");
  await rm(path, { force: true });
  const staging = openStaging(path);
  try {
    const ignoredLines = await readOrderFiles(inventory, staging, tools);
    track.step("merge", "");
    let unmatchedJunit = 0;
    const problems = await readReports(inventory, tools, {
      hasOther: true,
      take(found, topology) {
        if (!staging.addCase(topology, found)) unmatchedJunit += 1;
      },
      flush: async () => undefined,
    });
    track.step("write", "");
    for (const row of staging.mergedRows()) {
      sink.add(row);
      if (sink.isFull()) await sink.flush();
    }
    return { problems, ignoredLines, unmatchedJunit };
  } finally {
    staging.close();
    await rm(path, { force: true });
  }
}

async function readOrderFiles(inventory: Inventory, staging: Staging, { directory, signal, batchSize, track }: ReadingTools): Promise<number> {
  let ignored = 0;
  for (const { path } of inventory.orderFiles) {
    track.step("parse-order", path);
    const count = await readOrderFile(join(directory, path), { flushAt: batchSize, signal }, async (results) => {
      staging.addOrderResults(results);
      track.parsed(results.length);
    });
    staging.applyOrderFile(parseOrderFileName(path.slice(path.lastIndexOf("/") + 1)));
    ignored += count.ignored;
  }
  return ignored;
}
