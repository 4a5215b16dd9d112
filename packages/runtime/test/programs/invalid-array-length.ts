import { defineJob } from "cofferdam";

/** More elements than V8 gives to one array: it ends the process on the spot (SIGTRAP). */
export default defineJob({
  type: "program.invalid-array-length",
  budget: { memory: "1GB" },
  run: () => "a".repeat(2 ** 28).split("").length,
});
