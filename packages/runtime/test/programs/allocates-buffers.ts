import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.allocates-buffers",
  budget: { memory: "128MB" },
  async run(job) {
    const kept: Buffer[] = [];
    for (;;) {
      kept.push(Buffer.alloc(1024 * 1024, 1));
      if (kept.length % 8 === 0) job.progress({ done: kept.length, note: "MB" });
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
});
