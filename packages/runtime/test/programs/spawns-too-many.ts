import { spawn } from "node:child_process";
import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.spawns-too-many",
  budget: { pids: 32 },
  async run(job) {
    const { marker } = job.input as { readonly marker: string };
    for (let children = 0; children < 60; children += 1) {
      const child = spawn("sleep", [marker], { stdio: "ignore" });
      // A fork that is refused is an event of the child, not an end of the job.
      child.on("error", () => undefined);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await new Promise(() => setTimeout(() => undefined, 60_000));
  },
});
