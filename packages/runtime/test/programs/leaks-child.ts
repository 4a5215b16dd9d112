import { spawn } from "node:child_process";
import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.leaks-child",
  run(job) {
    const { marker } = job.input as { readonly marker: string };
    const child = spawn("sleep", [marker], { detached: true, stdio: "ignore" });
    child.unref();
    return child.pid;
  },
});
