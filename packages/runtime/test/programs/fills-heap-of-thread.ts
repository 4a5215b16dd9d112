import { Worker } from "node:worker_threads";
import { defineJob } from "cofferdam";

const FILL = "const kept = []; for (let row = 0; ; row += 1) kept.push({ row, text: 'row ' + row });";

export default defineJob({
  type: "program.fills-heap-of-thread",
  budget: { memory: "none" },
  async run() {
    const thread = new Worker(FILL, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 } });
    await new Promise((_resolve, reject) => thread.once("error", reject));
  },
});
