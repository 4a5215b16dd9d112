import { spawn } from "node:child_process";
import { defineJob } from "cofferdam";

/** Ends well, and leaves a process behind that left its session: as a scraper leaves its browser. */
export default defineJob({
  type: "ship.leaves-a-child",
  lane: "ships",
  run() {
    spawn("sleep", ["600"], { detached: true, stdio: "ignore" }).unref();
    return "done";
  },
});
