import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.stalls",
  budget: { stall: "2s" },
  grace: "100ms",
  async run(job) {
    job.progress({ done: 2, total: 5, note: "files" });
    await new Promise<never>(() => setInterval(() => undefined, 60_000));
  },
});
