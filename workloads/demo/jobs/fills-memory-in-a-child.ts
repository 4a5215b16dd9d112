import { spawn } from "node:child_process";
import { once } from "node:events";
import { defineJob } from "cofferdam";

const FILL = "const kept = []; setInterval(() => kept.push(Buffer.alloc(4 * 1024 * 1024, 1)), 1);";

/** The memory is a child's, not the job's own: the budget is the tree's. */
export default defineJob({
  type: "ship.fills-memory",
  lane: "ships",
  budget: { memory: "192MB" },
  retry: { deaths: 1 },
  async run() {
    const child = spawn(process.execPath, ["-e", FILL], { stdio: "ignore" });
    await once(child, "exit");
    await new Promise(() => setInterval(() => undefined, 60_000));
  },
});
