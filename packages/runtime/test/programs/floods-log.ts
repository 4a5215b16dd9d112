import { writeSync } from "node:fs";
import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.floods-log",
  budget: { output: "64KB" },
  async run() {
    for (;;) {
      writeSync(1, "the same line again and again and again and again and again and\n".repeat(16));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
});
