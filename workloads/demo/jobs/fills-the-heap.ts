import { defineJob } from "cofferdam";

/** Keeps every row as an object: V8 gives up before the budget is reached, and says so. */
export default defineJob({
  type: "ship.fills-the-heap",
  lane: "ships",
  budget: { memory: "128MB" },
  retry: { deaths: 1 },
  run() {
    const rows: object[] = [];
    for (let row = 0; ; row += 1) rows.push({ row, text: `row ${row}` });
  },
});
