// A runtime that the test kills: one job runs, one waits behind it. Arguments: data directory, jobs directory, journal file, type of the job that runs.
import { startRuntime } from "../../src/runtime.ts";

const [dataDir = "", jobs = "", file = "", type = "journal.speaks"] = process.argv.slice(2);
const runtime = await startRuntime({ dataDir, jobs: [jobs], http: false, logLevel: "silent", lanes: { default: { concurrency: 1 } } });
const input = JSON.stringify({ file });
const running = (await runtime.control.enqueue({ type, input })).id;
const waiting = (await runtime.control.enqueue({ type: "journal.writes", input })).id;
runtime.onEvent((event) => {
  if (event.kind === "attempt.progress" && event.jobId === running) process.stdout.write(`${JSON.stringify({ running, waiting })}\n`);
});
