import { defineJob } from "cofferdam";
import { readSettings } from "../src/settings.ts";
import { discover, discoverInput } from "../src/work/bodies.ts";
import { JOB_TYPES, LANES } from "../src/work/types.ts";

const settings = readSettings();

export default defineJob({
  type: JOB_TYPES.discover,
  description: "Asks Jenkins which module builds belong to a parent build",
  lane: LANES.asking,
  input: discoverInput,
  budget: { memory: "192MB", time: settings.importTimeoutMs },
  retry: { attempts: 1, deaths: 2 },
  run: (job) => discover(job.input, job, settings),
});
