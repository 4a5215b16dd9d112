import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.waits-forever",
  budget: { time: "300ms" },
  grace: "100ms",
  run: () => new Promise<never>(() => setInterval(() => undefined, 60_000)),
});
