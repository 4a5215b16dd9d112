// Holds so many idle children and so much memory until it is told to end: what the governor has to watch.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { defineJob } from "cofferdam";

export default defineJob({
  type: "holds-children",
  budget: { memory: "256MB", pids: 256, time: "10m" },
  async run({ input, signal, progress }) {
    const children = Array.from({ length: input.children }, () => spawn("sleep", ["600"], { stdio: "ignore" }));
    const held = Buffer.alloc(input.memoryBytes, 1);
    progress({ done: children.length, note: `${held.length} bytes` });
    if (!signal.aborted) await once(signal, "abort");
    for (const child of children) child.kill("SIGKILL");
  },
});
