import { flushCompileCache } from "node:module";
import { defineJob } from "cofferdam";
import { readSettings } from "../src/settings.ts";
import { measureInput } from "../src/work/inputs.ts";
import { JOB_TYPES, LANES } from "../src/work/types.ts";

const settings = readSettings();
// For the processes after this one, which may end without writing down what they compiled.
flushCompileCache();

export default defineJob({
  type: JOB_TYPES.measure,
  description: "Measures local files, to choose the lane of their import",
  lane: LANES.asking,
  input: measureInput,
  budget: { memory: settings.importMemoryMb * 1024 * 1024, time: "10m" },
  retry: { attempts: 2, deaths: 2 },
  run: async (job) => (await import("../src/work/asking-bodies.ts")).measure(job.input, job, settings),
});
