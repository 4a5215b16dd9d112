// Imports a directory and kills itself with SIGKILL after the given number of batches: argv is database, directory, batches.
import { dirname } from "node:path";
import { openDatabase } from "../../src/database/database.ts";
import { importJob } from "../../src/import/import-job.ts";
import { importRequest } from "../../src/import/request.ts";

const [url = "", directory = "", batches = "1"] = process.argv.slice(2);
const database = await openDatabase({ databasePath: url, databaseUrl: url.startsWith("postgres:") ? url : null, databaseBusyMs: 5000 });
let left = Number(batches);
await importJob(importRequest.parse({ release: "6.1", module: "vpn", job: "7", directory }), {
  database,
  scratch: dirname(directory),
  signal: new AbortController().signal,
  batchSize: 50,
  now: () => "2026-01-02T03:04:05.000Z",
  report: () => undefined,
  async checkpoint() {
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  },
});
