import { flushCompileCache } from "node:module";
import { defineJob } from "cofferdam";
import { processInput } from "../src/process/outcome.ts";
import { runProcessJob } from "../src/process/run-job.ts";
import { readSettings } from "../src/settings.ts";
import { LANES, TYPES } from "../src/work-types.ts";

const settings = readSettings();
// For the workers after this one, which may end without writing down what they compiled.
flushCompileCache();
const MEGABYTE = 1024 * 1024;

const shared = {
  input: processInput,
  // One attempt a job: what comes after a failure or a death is the service's to decide, by the snapshot's own history.
  retry: { attempts: 1, deaths: 1 },
};

const limits = { time: settings.snapshotTimeoutMs, stall: settings.stallMs, block: settings.blockMs };

export const processSnapshot = defineJob({
  ...shared,
  type: TYPES.process,
  description: "Turns one stored snapshot into rows",
  lane: LANES[TYPES.process],
  budget: { ...limits, memory: settings.workerMemoryMb * MEGABYTE },
  run: (job) => runProcessJob(TYPES.process, job.input, job, settings),
});

export const processHighmem = defineJob({
  ...shared,
  type: TYPES.highmem,
  description: "The same with memory of its own, for snapshots in quarantine; one at a time",
  lane: LANES[TYPES.highmem],
  concurrency: 1,
  priority: 10,
  budget: { ...limits, memory: settings.highmemMemoryMb * MEGABYTE },
  run: (job) => runProcessJob(TYPES.highmem, job.input, job, settings),
});

export const processBackfill = defineJob({
  ...shared,
  type: TYPES.backfill,
  description: "The same for backfills, behind everything else",
  lane: LANES[TYPES.backfill],
  priority: -10,
  budget: { ...limits, memory: settings.workerMemoryMb * MEGABYTE },
  run: (job) => runProcessJob(TYPES.backfill, job.input, job, settings),
});
