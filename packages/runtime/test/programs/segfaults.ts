import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.segfaults",
  async run() {
    process.kill(process.pid, "SIGSEGV");
    await new Promise(() => setTimeout(() => undefined, 60_000));
  },
});
