import { defineJob } from "cofferdam";

/** Says that it moves, and never gets there. */
export default defineJob({
  type: "ship.never-arrives",
  lane: "ships",
  budget: { time: "1500ms" },
  grace: "100ms",
  retry: { deaths: 1 },
  async run(job) {
    let miles = 0;
    setInterval(() => job.progress({ done: (miles += 1), note: "miles" }), 50);
    await new Promise<never>(() => undefined);
  },
});
