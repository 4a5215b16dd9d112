import { writeSync } from "node:fs";
import { defineJob } from "cofferdam";

/** A frame whose header is `null`: made like a message, and none. */
const frame = Buffer.alloc(12);
frame.writeUInt32LE(4, 0);
frame.write("null", 8);

export default defineJob({
  type: "program.writes-to-wire",
  async run() {
    writeSync(3, frame);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
});
