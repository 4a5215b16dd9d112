import { defineJob } from "cofferdam";

/** Its function does not hear that its time is over, and the job returns without it. */
export default defineJob({
  type: "program.hangs-in-stage",
  grace: "100ms",
  async run(job) {
    await job.stage("crawl", "10s", () => job.stage("goto", "400ms", () => new Promise<never>(() => undefined))).catch(() => "gave up");
  },
});
