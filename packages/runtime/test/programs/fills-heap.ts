import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.fills-heap",
  budget: { memory: "128MB", block: null },
  run() {
    const kept: object[] = [];
    for (let row = 0; ; row += 1) kept.push({ row, text: `row ${row}` });
  },
});
