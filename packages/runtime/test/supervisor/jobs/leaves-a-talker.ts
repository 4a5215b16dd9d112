import { writeFileSync, writeSync } from "node:fs";
import { defineJob } from "cofferdam";

/** Returns, and what it left behind writes a little or much, and says by a file that it has. */
export default defineJob({
  type: "leaves-a-talker",
  run(job) {
    const { said, bytes } = job.input as { readonly said: string; readonly bytes: number };
    setTimeout(() => {
      writeSync(1, "x".repeat(bytes));
      writeFileSync(said, "");
    }, 20);
  },
});
