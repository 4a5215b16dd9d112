import { mkdtemp, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { openDatabase } from "../../../workloads/test-results/src/database/database.ts";
import { importJob } from "../../../workloads/test-results/src/import/import-job.ts";
import { importRequest } from "../../../workloads/test-results/src/import/request.ts";
import { assertImported } from "../imported.ts";
import { peakRssMib } from "../peak-memory.ts";
import type { ImportParams } from "./import-report.ts";

/** The import without service and supervision, cold: this thread parses, the database's thread writes. */
export default async ({ file, facts, scratch }: ImportParams) => {
  const directory = await mkdtemp(join(scratch, "alone-"));
  const databasePath = join(directory, "results.db");
  const database = await openDatabase({ databasePath, databaseUrl: null, databaseBusyMs: 5000 });
  const cpuBefore = process.cpuUsage();
  const ownBefore = process.threadCpuUsage();
  const startMs = performance.now();
  await importJob(importRequest.parse({ release: "6.1", module: "bench", job: "1", directory: dirname(file), files: [basename(file)], mode: "junit-only" }), {
    database,
    scratch: directory,
    signal: new AbortController().signal,
    batchSize: 2500,
    now: () => new Date().toISOString(),
    report: () => undefined,
    checkpoint: async () => undefined,
  });
  const wallMs = performance.now() - startMs;
  const cpuMs = sumMs(process.cpuUsage(cpuBefore));
  const ownMs = sumMs(process.threadCpuUsage(ownBefore));
  await database.close();
  assertImported(databasePath, "1", facts);
  await rm(directory, { recursive: true, force: true });
  // What is not this thread's is nearly all the database's.
  return { wallMs, cpuMs, busiestCpuMs: Math.max(ownMs, cpuMs - ownMs), rssMib: peakRssMib() };
};

function sumMs({ user, system }: { readonly user: number; readonly system: number }): number {
  return (user + system) / 1000;
}
