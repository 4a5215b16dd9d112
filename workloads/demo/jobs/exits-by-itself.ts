import { defineJob } from "cofferdam";

/** A library somewhere below calls process.exit. */
export default defineJob({
  type: "ship.exits-by-itself",
  lane: "ships",
  retry: { attempts: 1 },
  run() {
    process.exit(7);
  },
});
