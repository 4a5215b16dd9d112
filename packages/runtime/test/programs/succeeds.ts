import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.succeeds",
  run(job) {
    job.progress({ done: 1, total: 1, note: "row" });
    return { answer: 42 };
  },
});
