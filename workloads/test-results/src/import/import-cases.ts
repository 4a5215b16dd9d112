import { readReports } from "./read-reports.ts";
import { rowOfCase } from "./result-row.ts";
import type { Inventory } from "./inventory.ts";
import type { Reading, ReadingTools } from "./import-job.ts";

/** Junit-only mode: every case is a row, in the order in which it is read; nothing is kept but the batch. */
export async function importCases(inventory: Inventory, tools: ReadingTools): Promise<Reading> {
  const { sink } = tools;
  let place = 0;
  const problems = await readReports(inventory, tools, {
    hasOther: false,
    take(found, topology) {
      sink.add(rowOfCase(topology, place, found));
      place += 1;
    },
    flush: () => sink.flush(),
  });
  return { problems, ignoredLines: 0, unmatchedJunit: 0 };
}
