// Jobs whose children are stopped by the kernel's limits, and jobs that run in the same worker after them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pauseMs } from "node:timers/promises";
import { defineJob } from "cofferdam";

const FILL = "const kept = []; setInterval(() => kept.push(Buffer.alloc(16 * 1024 * 1024, 1)), 1);";
const SHARED = { budget: { memory: "160MB" }, retry: { attempts: 1, deaths: 1 } } as const;

/** Throws as soon as its child is gone. */
export const converts = defineJob({
  ...SHARED,
  type: "kernel.converts",
  async run() {
    const child = spawn(process.execPath, ["-e", FILL], { stdio: "ignore" });
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    throw new Error(`the converter ended with ${signal ?? code}`);
  },
});

/** Long enough to be looked at. */
export const innocent = defineJob({
  ...SHARED,
  type: "kernel.innocent",
  async run() {
    await pauseMs(200);
  },
});

export const killed = defineJob({
  ...SHARED,
  type: "kernel.killed",
  async run() {
    process.kill(process.pid, "SIGKILL");
    await pauseMs(60_000);
  },
});
