import { defineJob } from "cofferdam";

export default defineJob({
  type: "no-op-fresh",
  isolation: "process",
  run: ({ input }) => (input === null ? undefined : process.pid),
});
