import { defineJob } from "cofferdam";

/** What a broken native module does. */
export default defineJob({
  type: "ship.hits-a-rock",
  lane: "ships",
  retry: { deaths: 1 },
  async run() {
    process.kill(process.pid, "SIGSEGV");
    await new Promise(() => setInterval(() => undefined, 60_000));
  },
});
