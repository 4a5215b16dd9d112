import { defineJob } from "cofferdam";
import { importRequest } from "../src/import/request.ts";
import { readSettings } from "../src/settings.ts";
import { JOB_TYPES, LANES } from "../src/work/types.ts";

const settings = readSettings();

const shared = {
  input: importRequest,
  // Two deaths (memory, time, stall, crash) put the job into quarantine; a lost lock is an error and tried again.
  retry: { attempts: 3, deaths: 2 },
  concurrency: 1,
};

const limits = { time: settings.importTimeoutMs, stall: settings.stallMs };

export const importSmall = defineJob({
  ...shared,
  type: JOB_TYPES.import,
  description: "Imports the files of one module build",
  lane: LANES.imports,
  budget: { ...limits, memory: settings.importMemoryMb * 1024 * 1024 },
  run: async (job) => (await import("../src/work/import-body.ts")).runImport(job.input, job, settings),
});

export const importLarge = defineJob({
  ...shared,
  type: JOB_TYPES.importLarge,
  description: "The same for large files: one at a time, with memory of its own",
  lane: LANES.large,
  budget: { ...limits, memory: settings.largeMemoryMb * 1024 * 1024 },
  run: async (job) => (await import("../src/work/import-body.ts")).runImport(job.input, job, settings),
});
