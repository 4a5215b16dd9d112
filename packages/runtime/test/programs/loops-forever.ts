import { defineJob } from "cofferdam";

export function spin(): never {
  for (let turns = 0; ; turns += 1) Math.sqrt(turns);
}

export default defineJob({ type: "program.loops-forever", budget: { block: "500ms" }, run: () => spin() });
