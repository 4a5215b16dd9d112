import { defineJob } from "cofferdam";

/** Ends at once when it is asked to. */
export default defineJob({
  type: "program.answers-cancel",
  async run(job) {
    job.progress({ note: "ready" });
    const alive = setInterval(() => undefined, 60_000);
    await new Promise<never>((_resolve, reject) => job.signal.addEventListener("abort", () => reject(job.signal.reason), { once: true })).finally(() => clearInterval(alive));
  },
});
