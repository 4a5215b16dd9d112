import { spawn } from "node:child_process";
import { defineJob } from "cofferdam";

const CHILDREN_MAX = 100;

export default defineJob({
  type: "ship.forks-without-end",
  lane: "ships",
  budget: { pids: 40 },
  retry: { deaths: 1 },
  async run() {
    for (let child = 0; child < CHILDREN_MAX; child += 1) {
      // A fork that is refused is an event of the child, not an end of the job.
      spawn("sleep", ["600"], { stdio: "ignore" }).on("error", () => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise(() => setInterval(() => undefined, 60_000));
  },
});
