import { defineJob } from "cofferdam";
import { readSettings } from "../src/settings.ts";
import { pollBuilds, pollInput } from "../src/work/bodies.ts";
import { JOB_TYPES, LANES } from "../src/work/types.ts";

const settings = readSettings();

export default defineJob({
  type: JOB_TYPES.poll,
  description: "Lists the parent builds that are still to be processed",
  lane: LANES.asking,
  input: pollInput,
  budget: { memory: "192MB", time: settings.importTimeoutMs },
  retry: { attempts: 1, deaths: 2 },
  run: (job) => pollBuilds(job.input, job, settings),
});
