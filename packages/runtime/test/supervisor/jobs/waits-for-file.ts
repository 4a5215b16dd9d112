import { existsSync, writeFileSync } from "node:fs";
import { defineJob } from "cofferdam";

/** Says by a file that it has begun, and holds the loop until another file is there; without one it waits for ever, with the loop free. */
export default defineJob({
  type: "waits-for-file",
  async run(job) {
    const { begun, until } = job.input as { readonly begun: string; readonly until: string | null };
    writeFileSync(begun, "");
    if (until === null) return new Promise<never>(() => setInterval(() => undefined, 60_000));
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const leastMs = Date.now() + 50;
    while (!existsSync(until) || Date.now() < leastMs) Atomics.wait(pause, 0, 0, 5);
    return "returned";
  },
});
