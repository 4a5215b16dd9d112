// CPU-bound: never lets go of its core until its process is ended, or for so many milliseconds.
import { defineJob } from "cofferdam";

export default defineJob({
  type: "spins",
  budget: { time: "5m", block: null },
  run: ({ input }) => {
    const endMs = performance.now() + input.forMs;
    let turns = 0;
    while (performance.now() < endMs) turns += 1;
    return turns;
  },
});
