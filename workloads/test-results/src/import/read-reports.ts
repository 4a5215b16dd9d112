import { join } from "node:path";
import { BadInputError, WorkError } from "../errors.ts";
import { readReport } from "../junit/read-report.ts";
import type { JunitCase } from "../junit/case-rows.ts";
import type { Inventory } from "./inventory.ts";
import type { ReadingTools } from "./import-job.ts";
import { judgeReport } from "./report-problem.ts";

export interface ReportReader {
  take(found: JunitCase, topology: string): void;
  /** Awaited between two pieces of a report. */
  flush(): Promise<void>;
  /** Whether something else than the reports can be read: then a report that cannot be read is a problem, not the end. */
  readonly hasOther: boolean;
}

/**
 * Reads every report in order. One that breaks off keeps what came before; one that is no report, or cannot be read at all, contributes nothing and is named.
 * @throws BadInputError when there is nothing else, or when a report is hostile.
 */
export async function readReports(inventory: Inventory, tools: ReadingTools, reader: ReportReader): Promise<string[]> {
  const { track, signal } = tools;
  const problems: string[] = [];
  let refused: WorkError | null = null;
  let isAnyReadable = reader.hasOther;
  for (const { path, topology } of inventory.reports) {
    track.step("parse-junit", path);
    const before = track.counts().parsed;
    const judged = judgeReport(
      path,
      await readReport(
        join(tools.directory, path),
        { signal, onProgress: (cases) => track.parsedTo(before + cases) },
        {
          take: (found) => reader.take(found, topology),
          flush: () => reader.flush(),
        },
      ),
    );
    if (judged.kind === "hostile") throw judged.error;
    if (judged.kind !== "whole") problems.push(judged.problem);
    if (judged.kind === "unreadable") refused ??= judged.error;
    else isAnyReadable = true;
  }
  if (refused !== null && !isAnyReadable) throw refused;
  if (inventory.reports.length === 0 && !reader.hasOther) throw new BadInputError("no_input", `${tools.directory} has neither *.order.txt nor *.xml files`);
  return problems;
}
