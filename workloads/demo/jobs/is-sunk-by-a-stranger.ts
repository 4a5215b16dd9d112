import { spawn } from "node:child_process";
import { defineJob } from "cofferdam";

/** SIGKILL from somebody else, which looks like the OOM killer and is not. */
export default defineJob({
  type: "ship.sunk-by-a-stranger",
  lane: "ships",
  retry: { deaths: 1 },
  async run() {
    spawn("/bin/sh", ["-c", `kill -KILL ${process.pid}`], { stdio: "ignore" });
    await new Promise(() => setInterval(() => undefined, 60_000));
  },
});
