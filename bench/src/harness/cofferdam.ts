import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Runtime, RuntimeEvent, RuntimeOptions } from "cofferdam";
import { startRuntime } from "cofferdam";

const JOBS = join(import.meta.dirname, "..", "jobs");

export function jobFile(name: string): string {
  return join(JOBS, `${name}.mjs`);
}

/** A runtime as a user starts it: every option that is not given keeps its default. */
export async function withRuntime<T>(scratch: string, options: RuntimeOptions, use: (runtime: Runtime) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(scratch, "cofferdam-"));
  const runtime = await startRuntime({ dataDir, http: false, logLevel: "error", drainTimeout: "1s", ...options });
  try {
    return await use(runtime);
  } finally {
    await runtime.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

type Settled = Extract<RuntimeEvent, { kind: "job.settled" }>;

/** Resolves when so many further jobs have come to rest; rejects at the first one that did not succeed. */
export function settledJobs(runtime: Runtime, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = count;
    const stop = runtime.onEvent((event) => {
      if (event.kind !== "job.settled") return;
      left -= 1;
      if (event.state !== "succeeded") reject(new Error(`job ${event.jobId} is ${event.state}: ${event.cause}`));
      if (left > 0 && event.state === "succeeded") return;
      stop();
      resolve();
    });
  });
}

/** The next job that comes to rest. */
export function nextSettled(runtime: Runtime): Promise<Settled> {
  return new Promise((resolve) => {
    const stop = runtime.onEvent((event) => {
      if (event.kind !== "job.settled") return;
      stop();
      resolve(event);
    });
  });
}

/** Stores so many jobs of a type, a thousand at a time, and checks that each was accepted. */
export async function enqueueJobs(runtime: Runtime, type: string, count: number, input = "null"): Promise<void> {
  for (let left = count; left > 0; left -= 1000) {
    const answers = await runtime.control.enqueueMany(Array.from({ length: Math.min(left, 1000) }, () => ({ type, input })));
    for (const answer of answers) if (!answer.ok) throw answer.error;
  }
}
