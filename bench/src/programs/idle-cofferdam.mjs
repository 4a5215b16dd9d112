// A runtime as it is in production: plain JavaScript, its API on, nothing to do. Speaks with the harness over IPC.
import { startRuntime } from "cofferdam";

const runtime = await startRuntime({ dataDir: process.env.DATA_DIR, jobs: [process.env.JOB_FILE], lanes: { default: { concurrency: 2 } }, http: { port: 0 }, logLevel: "error" });
const { control } = runtime;

async function workersIdle() {
  while (control.workers().filter(({ state }) => state === "idle").length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function runJobs(count) {
  for (let left = count; left > 0; left -= 1) {
    const { promise, resolve } = Promise.withResolvers();
    const stop = runtime.onEvent((event) => event.kind === "job.settled" && resolve(event.state));
    await control.enqueue({ type: "no-op" });
    if ((await promise) !== "succeeded") throw new Error("a no-op did not succeed");
    stop();
  }
}

process.on("message", async ({ runs }) => {
  await runJobs(runs);
  await workersIdle();
  process.send({ workers: control.workers().map(({ pid, attemptsDone }) => ({ pid, attemptsDone })) });
});
process.on("disconnect", () => runtime.stop());
