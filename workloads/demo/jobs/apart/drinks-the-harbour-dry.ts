import { defineJob } from "cofferdam";

/** Stays far below its own budget and empties the compartment around it: the kernel's killer must choose. */
export default defineJob({
  type: "ship.drinks-the-harbour",
  budget: { memory: "1GB" },
  async run() {
    const kept: Buffer[] = [];
    for (;;) {
      kept.push(Buffer.alloc(4 * 1024 * 1024, 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
});
