import { defineJob } from "cofferdam";

/** Runs when its whole runtime is killed; only the ledger on disk can tell that it had begun. Loaded by the second runtime alone. */
export default defineJob({
  type: "ship.loses-its-fleet",
  lane: "ships",
  retry: { deaths: 1 },
  async run(job) {
    process.stdout.write("last entry in the log before the fleet was lost\n");
    job.progress({ done: 1, note: "at sea" });
    await new Promise(() => setInterval(() => undefined, 60_000));
  },
});
