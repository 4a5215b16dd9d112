// Says when its first line ran, by the clock that all processes of a machine share.
import { defineJob } from "cofferdam";

export default defineJob({
  type: "started-at",
  run: () => process.hrtime.bigint().toString(),
});
