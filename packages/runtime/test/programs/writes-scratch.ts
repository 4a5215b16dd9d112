import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineJob } from "cofferdam";

/** Leaves a file in its TMPDIR and says where. */
export default defineJob({
  type: "program.writes-scratch",
  run(job) {
    writeFileSync(join(tmpdir(), "left.txt"), "left");
    return [tmpdir(), job.scratch];
  },
});
