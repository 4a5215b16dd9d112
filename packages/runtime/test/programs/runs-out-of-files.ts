import { openSync } from "node:fs";
import { defineJob } from "cofferdam";

const FILES_MAX = 5000;

/** Opens and never closes. Alone it does so at once; as a job it does so when it is run. */
function openMany(): void {
  for (let file = 0; file < FILES_MAX; file += 1) openSync("/dev/null", "r");
}

if (import.meta.main) openMany();

export default defineJob({ type: "program.runs-out-of-files", run: openMany });
