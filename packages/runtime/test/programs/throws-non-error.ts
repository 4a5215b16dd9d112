import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.throws-non-error",
  run(): Promise<never> {
    // oxlint-disable-next-line prefer-promise-reject-errors
    return Promise.reject("only a text");
  },
});
