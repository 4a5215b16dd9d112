import { defineJob } from "cofferdam";
import { analyseInput, JOB_TYPE, LANE } from "../src/analyse/inputs.ts";
import { readSettings } from "../src/settings.ts";

const settings = readSettings();
/** The stage ends the work at the budget's end; this ends what does not let itself be ended, for instance a loop that is blocked. */
const BACKSTOP_MS = 700;

export default defineJob({
  type: JOB_TYPE,
  description: "Fetches and counts one home page",
  lane: LANE,
  input: analyseInput,
  budget: { memory: settings.workerMemoryBytes, pids: 400, time: settings.domainBudgetMs + BACKSTOP_MS },
  grace: "100ms",
  // A domain's failure is its record; it is tried again by a later run, never by itself.
  retry: { attempts: 1, deaths: 1 },
  async run(job) {
    const { analyseDomain } = await import("../src/analyse/analyse-domain.ts");
    return await analyseDomain(job, settings);
  },
});
