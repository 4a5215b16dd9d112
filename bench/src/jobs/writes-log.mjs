// Writes so many bytes a second to its standard output, in bursts of 50 ms, for so long.
import { writeSync } from "node:fs";
import { defineJob } from "cofferdam";

export default defineJob({
  type: "writes-log",
  budget: { time: "5m", output: null },
  async run({ input }) {
    const chunk = Buffer.alloc(64 * 1024, "drip drip drip drip drip drip\n");
    const startMs = performance.now();
    let written = 0;
    for (let elapsedMs = 0; elapsedMs < input.forMs; elapsedMs = performance.now() - startMs) {
      while (written < (input.bytesPerSecond * elapsedMs) / 1000) written += writeSync(1, chunk);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return Math.round((written * 1000) / (performance.now() - startMs));
  },
});
