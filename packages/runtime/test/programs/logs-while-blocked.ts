import { defineJob } from "cofferdam";

/** About 2 MB a second: the log does not stand still while somebody looks into it. */
function spin(): never {
  for (;;) {
    console.log("again ".repeat(40));
    for (const untilMs = performance.now() + 0.1; performance.now() < untilMs;);
  }
}

export default defineJob({ type: "program.logs-while-blocked", budget: { block: "500ms" }, run: async () => spin() });
