import { flushCompileCache } from "node:module";
import { defineJob, type JobContext } from "cofferdam";
import { importRequest, type ImportOutcome, type ImportRequest } from "../src/import/request.ts";
import { readSettings } from "../src/settings.ts";
import { JOB_TYPES, LANES } from "../src/work/types.ts";

const settings = readSettings();
// For the processes after this one, which may end without writing down what they compiled.
flushCompileCache();

const shared = {
  input: importRequest,
  // Two deaths (memory, time, stall, crash) put the job into quarantine; a lost lock is an error and tried again.
  retry: { attempts: 3, deaths: 2 },
};

const limits = { time: settings.importTimeoutMs, stall: settings.stallMs };

async function run(job: JobContext<ImportRequest>): Promise<ImportOutcome> {
  // Loading and opening take their time on a busy machine; the stall clock shall know that it began.
  job.progress({ done: 0 });
  const { runImport } = await import("../src/work/import-body.ts");
  flushCompileCache();
  job.progress({ done: 0 });
  return await runImport(job.input, job, settings);
}

export const importSmall = defineJob({
  ...shared,
  type: JOB_TYPES.import,
  description: "Imports the files of one module build",
  lane: LANES.imports,
  budget: { ...limits, memory: settings.importMemoryMb * 1024 * 1024 },
  run,
});

export const importLarge = defineJob({
  ...shared,
  type: JOB_TYPES.importLarge,
  description: "The same for large files: one at a time, with memory of its own",
  lane: LANES.large,
  concurrency: 1,
  budget: { ...limits, memory: settings.largeMemoryMb * 1024 * 1024 },
  run,
});
