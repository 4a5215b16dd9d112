import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.throws",
  run() {
    throw new Error("the report has no rows");
  },
});
