import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Conductor } from "./conduct/conductor.ts";
import type { ModuleEnd } from "./conduct/import-module.ts";

/** Reports that real runners wrote over one small suite; reports/README.md tells how. */
export const SHIPPED_REPORTS: string = join(import.meta.dirname, "..", "reports");

export interface ShippedReport {
  readonly runner: string;
  readonly end: ModuleEnd;
}

/** Imports each runner's report as a module of the release "shipped". */
export async function importShippedReports(conductor: Conductor): Promise<ShippedReport[]> {
  const entries = await readdir(SHIPPED_REPORTS, { withFileTypes: true });
  const runners = entries
    .filter((entry) => entry.isDirectory() && entry.name !== "suites")
    .map((entry) => entry.name)
    .sort();
  return await Promise.all(
    runners.map(async (runner) => ({
      runner,
      end: await conductor.importNow({ release: "shipped", module: runner, job: "1", directory: join(SHIPPED_REPORTS, runner), mode: "junit-only", force: true }),
    })),
  );
}
