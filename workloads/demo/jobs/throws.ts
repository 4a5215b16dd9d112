import { defineJob } from "cofferdam";

export default defineJob({
  type: "ship.throws",
  lane: "ships",
  retry: { attempts: 1 },
  run() {
    throw new Error("the chart ends here");
  },
});
