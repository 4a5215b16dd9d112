import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { defineJob } from "cofferdam";

/** A job that never hears anything, with a child in a session of its own; both hold the write end of the fifo. */
export default defineJob({
  type: "program.stays-as-job",
  budget: { block: "10m" },
  run(job) {
    const { marker, fifo } = job.input as { readonly marker: string; readonly fifo: string };
    const held = openSync(fifo, "w");
    spawn("sleep", [marker], { stdio: ["ignore", "ignore", "ignore", held] });
    job.progress({ note: "ready" });
    for (;;) Math.random();
  },
});
