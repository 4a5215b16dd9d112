import { defineJob } from "cofferdam";

/** Alive, with a free event loop, and nothing moves any more: a page that never loads. */
export default defineJob({
  type: "ship.lies-becalmed",
  lane: "ships",
  budget: { stall: "2s" },
  grace: "100ms",
  retry: { deaths: 1 },
  async run(job) {
    job.progress({ done: 2, total: 5, note: "pages" });
    await new Promise<never>(() => setInterval(() => undefined, 60_000));
  },
});
