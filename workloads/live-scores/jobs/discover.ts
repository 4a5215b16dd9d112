import { defineJob } from "cofferdam";
import { discoverInput } from "../src/discover/discover-job.ts";
import { readSettings } from "../src/settings.ts";
import { LANES, TYPES } from "../src/work-types.ts";

const settings = readSettings();

export default defineJob({
  type: TYPES.discover,
  description: "Reads the list of live matches once",
  lane: LANES.discovery,
  input: discoverInput,
  budget: { memory: settings.memoryHardBytes, pids: settings.pidsRestart * 4, time: "45s", block: "20s" },
  retry: { attempts: 1, deaths: 1 },
  run: async (job) => await (await import("../src/discover/discover-job.ts")).runDiscoverJob(job, settings),
});
