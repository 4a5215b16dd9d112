import { defineJob } from "cofferdam";
import { readSettings } from "../src/settings.ts";
import { measure, measureInput } from "../src/work/bodies.ts";
import { JOB_TYPES, LANES } from "../src/work/types.ts";

const settings = readSettings();

export default defineJob({
  type: JOB_TYPES.measure,
  description: "Measures local files, to choose the lane of their import",
  lane: LANES.asking,
  input: measureInput,
  budget: { memory: "128MB", time: "10m" },
  retry: { attempts: 2, deaths: 2 },
  run: (job) => measure(job.input, job, settings),
});
