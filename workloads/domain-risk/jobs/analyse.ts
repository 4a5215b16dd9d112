import { defineJob } from "cofferdam";
import { analyseInput, JOB_TYPE, LANE } from "../src/analyse/inputs.ts";
import { readSettings } from "../src/settings.ts";

const settings = readSettings();
/**
 * The budget is the stage "domain" in analyse-domain.ts: the runtime ends an attempt whose stage overruns by half a second, also when its loop is blocked.
 * The attempt itself has more: loading in a fresh worker before, closing the browser after.
 */
const AROUND_MS = 5000;

export default defineJob({
  type: JOB_TYPE,
  description: "Fetches and counts one home page",
  lane: LANE,
  input: analyseInput,
  budget: { memory: settings.workerMemoryBytes, pids: 400, time: settings.domainBudgetMs + AROUND_MS },
  grace: "100ms",
  // A domain's failure is its record; it is tried again by a later run, never by itself.
  retry: { attempts: 1, deaths: 1 },
  async run(job) {
    // The budget begins here: a worker's first domain pays for loading.
    const startMs = performance.now();
    const { analyseDomain } = await import("../src/analyse/analyse-domain.ts");
    return await analyseDomain(job, settings, startMs);
  },
});
