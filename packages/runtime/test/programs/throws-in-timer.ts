import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.throws-in-timer",
  async run() {
    setTimeout(() => {
      throw new TypeError("thrown where nothing catches");
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
});
