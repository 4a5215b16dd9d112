import { defineJob } from "cofferdam";
import { fetchInput, runFetchJob } from "../src/ingest/run-fetch-job.ts";
import { readSettings } from "../src/settings.ts";
import { LANES, TYPES } from "../src/work-types.ts";

const settings = readSettings();

export default defineJob({
  type: TYPES.fetch,
  description: "Fetches one profile from the upstream and stores it",
  lane: LANES[TYPES.fetch],
  input: fetchInput,
  budget: { memory: settings.workerMemoryMb * 1024 * 1024, time: settings.snapshotTimeoutMs, stall: settings.stallMs },
  retry: { attempts: 3, deaths: 2, backoff: { base: settings.backoffBaseMs, max: settings.backoffMaxMs } },
  run: (job) => runFetchJob(job.input, job, settings),
});
