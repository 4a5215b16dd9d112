import { writeSync } from "node:fs";
import { defineJob } from "cofferdam";

export default defineJob({
  type: "ship.floods-its-log",
  lane: "ships",
  budget: { output: "256KB" },
  retry: { deaths: 1 },
  async run() {
    for (;;) {
      writeSync(1, "water in the hold, water in the hold, water in the hold\n".repeat(16));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
});
