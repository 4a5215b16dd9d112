import { spawn } from "node:child_process";
import { once } from "node:events";
import { defineJob } from "cofferdam";

const FILL = "const kept = []; for (let row = 0; ; row += 1) kept.push({ row, text: 'row ' + row });";

/** The words of its child's V8 stand in its log, and it aborts as V8 would have it abort; its own heap has room. */
export default defineJob({
  type: "program.aborts-after-child-fills-heap",
  async run() {
    const child = spawn(process.execPath, ["--max-old-space-size=16", "--max-semi-space-size=1", "-e", FILL], { stdio: "inherit" });
    await once(child, "exit");
    process.abort();
  },
});
