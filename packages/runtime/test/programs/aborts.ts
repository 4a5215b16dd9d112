import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.aborts",
  run() {
    process.abort();
  },
});
