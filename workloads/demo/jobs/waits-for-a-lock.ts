import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { defineJob } from "cofferdam";

export default defineJob({
  type: "ship.waits-for-a-lock",
  lane: "ships",
  retry: { attempts: 1 },
  run(job) {
    const file = join(job.scratch, "log-book.db");
    using holder = new DatabaseSync(file);
    holder.exec("CREATE TABLE entry (id INTEGER) STRICT; BEGIN IMMEDIATE; INSERT INTO entry VALUES (1)");
    using other = new DatabaseSync(file, { timeout: 50 });
    other.exec("INSERT INTO entry VALUES (2)");
  },
});
