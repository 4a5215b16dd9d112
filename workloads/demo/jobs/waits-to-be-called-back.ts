import { defineJob } from "cofferdam";

/** The demo cancels it as soon as it says that it is at sea; it answers the signal and ends. */
export default defineJob({
  type: "ship.called-back",
  lane: "ships",
  async run(job) {
    const alive = setInterval(() => undefined, 60_000);
    const calledBack = new Promise<never>((_resolve, reject) => job.signal.addEventListener("abort", () => reject(job.signal.reason), { once: true }));
    job.progress({ note: "at sea" });
    await calledBack.finally(() => clearInterval(alive));
  },
});
