import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.exits-with-137",
  run() {
    process.exit(137);
  },
});
