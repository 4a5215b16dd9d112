import { flushCompileCache } from "node:module";
import { defineJob } from "cofferdam";
import { readSettings } from "../src/settings.ts";
import { pollInput } from "../src/work/inputs.ts";
import { JOB_TYPES, LANES } from "../src/work/types.ts";

const settings = readSettings();
// For the processes after this one, which may end without writing down what they compiled.
flushCompileCache();

export default defineJob({
  type: JOB_TYPES.poll,
  description: "Lists the parent builds that are still to be processed",
  lane: LANES.asking,
  input: pollInput,
  budget: { memory: settings.importMemoryMb * 1024 * 1024, time: settings.importTimeoutMs },
  retry: { attempts: 1, deaths: 2 },
  run: async (job) => (await import("../src/work/asking-bodies.ts")).pollBuilds(job.input, job, settings),
});
