import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.exits-with-7",
  run() {
    process.exit(7);
  },
});
