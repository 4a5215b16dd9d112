import { defineJob } from "cofferdam";

function sailInCircles(): never {
  for (let turns = 0; ; turns += 1) Math.sqrt(turns);
}

export default defineJob({
  type: "ship.sails-in-circles",
  lane: "ships",
  budget: { block: "2s" },
  retry: { deaths: 1 },
  run: () => sailInCircles(),
});
