import { defineJob } from "cofferdam";

/** Silent from the start, loop and all: blocked says more than stalled. */
export default defineJob({
  type: "program.blocks-after-progress",
  budget: { stall: "2s", block: null },
  run(job) {
    job.progress({ done: 3, total: 9, note: "pages" });
    for (;;) Math.random();
  },
});
