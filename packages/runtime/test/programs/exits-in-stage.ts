import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.exits-in-stage",
  run: (job) => job.stage("report", "10s", () => process.exit(9)),
});
