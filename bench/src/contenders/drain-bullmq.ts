import { Queue, Worker } from "bullmq";
import { jobFile } from "../harness/cofferdam.ts";
import type { DrainParams } from "./drain-cofferdam.ts";
import { cpuMsSoFar } from "../harness/cpu-time.ts";

/** Sandboxed processors: child processes, one attempt at a time each. */
export default async ({ jobs, processes, server }: DrainParams) => {
  const connection = { path: server, maxRetriesPerRequest: null };
  const queue = new Queue("drain", { connection });
  await queue.obliterate({ force: true });
  const pids = new Set<number>();
  let settled = 0;
  let target = Number.POSITIVE_INFINITY;
  let reached = Promise.withResolvers<void>();
  const worker = new Worker("drain", jobFile("sandboxed-no-op"), { connection, concurrency: processes, useWorkerThreads: false });
  worker.on("completed", (job) => {
    if (typeof job.returnvalue === "number") pids.add(job.returnvalue);
    settled += 1;
    if (settled >= target) reached.resolve();
  });
  worker.on("failed", (_job, error) => reached.reject(error));
  worker.on("error", (error) => reached.reject(error));
  const add = async (count: number, data: object): Promise<void> => {
    for (let left = count; left > 0; left -= 1000) await queue.addBulk(Array.from({ length: Math.min(left, 1000) }, () => ({ name: "no-op", data })));
  };
  try {
    const warmUp = 200 * processes;
    target = warmUp;
    await add(warmUp, { report: true });
    await reached.promise;
    if (pids.size !== processes) throw new Error(`${pids.size} processes took part instead of ${processes}`);

    await queue.pause();
    await add(jobs, {});
    reached = Promise.withResolvers<void>();
    target = warmUp + jobs;
    const cpuBefore = cpuMsSoFar();
    const startMs = performance.now();
    await queue.resume();
    await reached.promise;
    const seconds = (performance.now() - startMs) / 1000;
    const cpuMicrosPerJob = ((cpuMsSoFar() - cpuBefore) * 1000) / jobs;

    const completed = await queue.getCompletedCount();
    if (completed !== warmUp + jobs) throw new Error(`${completed} of ${warmUp + jobs} jobs are stored as completed`);
    return { jobsPerSecond: jobs / seconds, cpuMicrosPerJob, processesUsed: pids.size };
  } finally {
    await worker.close();
    await queue.obliterate({ force: true });
    await queue.close();
  }
};
