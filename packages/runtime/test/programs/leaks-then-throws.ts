import { spawn } from "node:child_process";
import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.leaks-then-throws",
  run(job) {
    const { marker } = job.input as { readonly marker: string };
    spawn("sleep", [marker], { detached: true, stdio: "ignore", env: {} }).unref();
    throw new Error("failed with a child left");
  },
});
