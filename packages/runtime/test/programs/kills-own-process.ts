import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.kills-own-process",
  async run() {
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => setTimeout(() => undefined, 60_000));
  },
});
