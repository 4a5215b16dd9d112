import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createCensus } from "./census.ts";
import { endTree } from "./end-tree.ts";
import { hasProc } from "./proc.ts";
import { ownerState, readLedger } from "./ledger.ts";

export interface SweepReport {
  /** Browsers whose owner is gone. */
  readonly browsers: number;
  /** Their processes that were still alive and were ended. */
  readonly processes: number;
  /** Entries of a namespace whose processes cannot be seen from here: left alone. */
  readonly unknown: number;
}

/** Ends what the browsers of dead owners left below this directory, and removes it; what lives in spite of SIGKILL is left for the next time. `openBrowser` does it once for each directory. */
export async function sweepBrowsers(directory: string): Promise<SweepReport> {
  const report = { browsers: 0, processes: 0, unknown: 0 };
  for (const name of hasProc ? entriesOf(directory) : []) {
    const file = join(directory, name);
    const entry = readLedger(file);
    if (entry === null) continue;
    const state = ownerState(entry);
    if (state === "unknown") report.unknown += 1;
    // What a ledger names outside of its own directory is not ours.
    if (state !== "gone" || entry.directory !== file.slice(0, -".json".length)) continue;
    const { ended, survivors } = await endTree(null, createCensus({ directory: entry.directory, root: null, hasNamespace: false }), Promise.resolve());
    report.browsers += 1;
    report.processes += ended - survivors.length;
    // While something lives in it the ledger stays: the next sweep tries again.
    if (survivors.length > 0) continue;
    rmSync(entry.directory, { recursive: true, force: true, maxRetries: 3 });
    rmSync(file, { force: true });
  }
  return report;
}

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => /^b-[0-9a-f]{12}\.json$/.test(name));
  } catch {
    return [];
  }
}
