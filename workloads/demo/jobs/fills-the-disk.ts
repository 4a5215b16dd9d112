import { appendFileSync } from "node:fs";
import { defineJob } from "cofferdam";

/** /dev/full is the kernel's own full disk: every write to it is ENOSPC. */
export default defineJob({
  type: "ship.fills-the-disk",
  lane: "ships",
  retry: { attempts: 1 },
  run() {
    appendFileSync("/dev/full", "one more row\n");
  },
});
