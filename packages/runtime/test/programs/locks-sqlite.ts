import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.locks-sqlite",
  run(job) {
    const file = join(job.scratch, "shared.db");
    using holder = new DatabaseSync(file);
    holder.exec("CREATE TABLE row (id INTEGER) STRICT; BEGIN IMMEDIATE; INSERT INTO row VALUES (1)");
    using other = new DatabaseSync(file, { timeout: 10 });
    other.exec("INSERT INTO row VALUES (2)");
  },
});
