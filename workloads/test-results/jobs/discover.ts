import { flushCompileCache } from "node:module";
import { defineJob } from "cofferdam";
import { readSettings } from "../src/settings.ts";
import { discoverInput } from "../src/work/inputs.ts";
import { JOB_TYPES, LANES } from "../src/work/types.ts";

const settings = readSettings();
// For the processes after this one, which may end without writing down what they compiled.
flushCompileCache();

export default defineJob({
  type: JOB_TYPES.discover,
  description: "Asks Jenkins which module builds belong to a parent build",
  lane: LANES.asking,
  input: discoverInput,
  budget: { memory: settings.importMemoryMb * 1024 * 1024, time: settings.importTimeoutMs },
  retry: { attempts: 1, deaths: 2 },
  run: async (job) => (await import("../src/work/asking-bodies.ts")).discover(job.input, job, settings),
});
