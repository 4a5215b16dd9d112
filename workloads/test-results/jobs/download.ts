import { flushCompileCache } from "node:module";
import { defineJob } from "cofferdam";
import { readSettings } from "../src/settings.ts";
import { downloadInput } from "../src/work/inputs.ts";
import { JOB_TYPES, LANES } from "../src/work/types.ts";

const settings = readSettings();
// For the processes after this one, which may end without writing down what they compiled.
flushCompileCache();

export default defineJob({
  type: JOB_TYPES.download,
  description: "Fetches the artifacts of one module build",
  lane: LANES.downloads,
  input: downloadInput,
  // A hanging server ends by the request timeout, with its own cause, before the runtime calls it a stall.
  budget: { memory: settings.importMemoryMb * 1024 * 1024, time: settings.importTimeoutMs, stall: Math.max(settings.stallMs, settings.requestTimeoutMs * 2) },
  retry: { attempts: 1, deaths: 2 },
  run: async (job) => (await import("../src/work/asking-bodies.ts")).download(job.input, job, settings),
});
