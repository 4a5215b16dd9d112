import { existsSync, writeFileSync, writeSync } from "node:fs";
import { defineJob } from "cofferdam";

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Returns, and what it left behind holds the loop until a file is there, and then writes to the wire; or says by a file that it has begun, and holds the loop for ever. */
export default defineJob({
  type: "writes-to-wire",
  run(job) {
    const { writesAt, begun } = job.input as { readonly writesAt: string | null; readonly begun: string };
    if (writesAt !== null) {
      void writeWhenThere(writesAt);
      return;
    }
    writeFileSync(begun, "");
    Atomics.wait(pause, 0, 0);
  },
});

/** Behind everything that the end of the attempt sets in motion, and before the loop turns. */
async function writeWhenThere(file: string): Promise<void> {
  for (let step = 0; step < 1000; step += 1) await undefined;
  while (!existsSync(file)) Atomics.wait(pause, 0, 0, 5);
  writeSync(3, "this is no message");
}
