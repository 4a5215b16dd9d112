import { appendFileSync } from "node:fs";
import { defineJob } from "cofferdam";

/** The kernel's own full disk. */
export default defineJob({
  type: "program.disk-full",
  run() {
    appendFileSync("/dev/full", "one more row\n");
  },
});
