import { spawn } from "node:child_process";
import { once } from "node:events";
import { defineJob } from "cofferdam";

const FILL = "const kept = []; setInterval(() => kept.push(Buffer.alloc(4 * 1024 * 1024, 1)), 1);";

/** The memory is not the job's own: the budget is the tree's. */
export default defineJob({
  type: "program.allocates-in-child",
  budget: { memory: "160MB" },
  async run(job) {
    const { marker } = job.input as { readonly marker: string };
    const child = spawn(process.execPath, ["-e", FILL, marker], { stdio: "ignore" });
    await once(child, "exit");
    await new Promise(() => setTimeout(() => undefined, 60_000));
  },
});
