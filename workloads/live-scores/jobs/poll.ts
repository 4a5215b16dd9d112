import { defineJob } from "cofferdam";
import { pollInput } from "../src/poll/report.ts";
import { readSettings } from "../src/settings.ts";
import { LANES, TYPES } from "../src/work-types.ts";

const settings = readSettings();

// The conductor ends a poller long before its budget does; the budget is the wall behind that.
export default defineJob({
  type: TYPES.poll,
  description: "Polls one live match until it is over",
  lane: LANES.pollers,
  isolation: "process",
  input: pollInput,
  budget: { memory: settings.memoryHardBytes, pids: settings.pidsRestart * 4, time: null, block: settings.heartbeatTimeoutMs * 2, output: null },
  retry: { attempts: 1, deaths: 1 },
  run: async (job) => await (await import("../src/poll/poll-job.ts")).runPollJob(job, settings),
});
