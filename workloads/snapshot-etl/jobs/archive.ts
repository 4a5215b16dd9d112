import { defineJob } from "cofferdam";
import { runArchiveJob } from "../src/retention/run-archive-job.ts";
import { readSettings } from "../src/settings.ts";
import { LANES, TYPES } from "../src/work-types.ts";

const settings = readSettings();

export default defineJob({
  type: TYPES.archive,
  description: "Archives snapshots that are past their time, and deletes what was read back intact",
  lane: LANES[TYPES.archive],
  budget: { memory: settings.workerMemoryMb * 1024 * 1024, time: "6h", stall: "5m" },
  retry: { attempts: 3, deaths: 2 },
  schedule: { cron: "15 3 * * *" },
  run: (job) => runArchiveJob(job, settings),
});
