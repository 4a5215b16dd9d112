import { spawn } from "node:child_process";
import { defineJob } from "cofferdam";

/** Returns, and what it left behind then holds the loop for ever or ends the process, also with a process that stays. One that has taken long (`ms`) is followed by a look for messages, not by the next attempt. */
export default defineJob({
  type: "leaves-behind",
  run(job) {
    const { leaves, ms } = job.input as { readonly leaves: "a loop" | "an end" | "a process and an end" | "nothing"; readonly ms: number };
    if (leaves === "a process and an end") spawn("sleep", ["1000"], { stdio: "ignore", detached: true }).unref();
    hold(ms);
    if (leaves !== "nothing") void holdOrEnd(leaves === "a loop");
  },
});

/** Behind everything that the end of the attempt sets in motion, and before the loop turns. */
async function holdOrEnd(holds: boolean): Promise<void> {
  for (let step = 0; step < 1000; step += 1) await undefined;
  if (!holds) process.exit(3);
  hold(Number.POSITIVE_INFINITY);
}

function hold(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
