import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.stops-own-process",
  budget: { stall: "2s" },
  async run(job) {
    job.progress({ done: 1, note: "page" });
    process.kill(process.pid, "SIGSTOP");
    await new Promise<never>(() => setInterval(() => undefined, 60_000));
  },
});
