import { Worker } from "node:worker_threads";

const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/**
 * A second thread that answers when the main one cannot: it takes the stack of a blocked loop and ends the process when the supervisor is gone.
 * Started just before the first attempt (10 ms, 8 MB), never awaited; it does nothing at all until it is asked.
 */
export function startWatchdog(): void {
  const thread = new Worker(new URL(`./watchdog${extension}`, import.meta.url), {
    name: "cofferdam-watchdog",
    // Its own flags, not the worker's heap limits.
    execArgv: [],
    stdout: false,
    stderr: false,
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  thread.unref();
  thread.on("error", () => undefined);
}
