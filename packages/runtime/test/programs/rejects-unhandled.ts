import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.rejects-unhandled",
  async run() {
    void Promise.reject(new Error("nobody waits for this promise"));
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
});
