import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.ignores-cancel",
  async run(job) {
    process.on("SIGTERM", () => undefined);
    job.progress({ note: "ready" });
    await new Promise<never>(() => setInterval(() => undefined, 60_000));
  },
});
