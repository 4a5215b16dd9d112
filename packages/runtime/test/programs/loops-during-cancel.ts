import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.loops-during-cancel",
  run(job) {
    job.progress({ note: "ready" });
    for (;;) Math.random();
  },
});
