// Does nothing; with an input it says which process it ran in, so that the harness can count processes.
import { defineJob } from "cofferdam";

export default defineJob({
  type: "no-op",
  run: ({ input }) => (input === null ? undefined : process.pid),
});
