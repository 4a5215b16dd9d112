import { Tinypool } from "tinypool";
import { jobFile } from "../harness/cofferdam.ts";
import type { DrainParams } from "./drain-cofferdam.ts";
import { cpuMsSoFar } from "../harness/cpu-time.ts";

/** A pool of child processes: no queue on disk, no supervision, nothing is settled. */
export default async ({ jobs, processes }: DrainParams) => {
  const pool = new Tinypool({ runtime: "child_process", filename: jobFile("pooled-no-op"), minThreads: processes, maxThreads: processes, concurrentTasksPerWorker: 1 });
  try {
    const warmUp: unknown[] = await Promise.all(Array.from({ length: 200 * processes }, () => pool.run({ report: true })));
    const pids = new Set(warmUp);
    if (pids.size !== processes) throw new Error(`${pids.size} processes took part instead of ${processes}`);
    let done = 0;
    const cpuBefore = cpuMsSoFar();
    const startMs = performance.now();
    await Promise.all(
      Array.from({ length: jobs }, async () => {
        await pool.run({});
        done += 1;
      }),
    );
    const seconds = (performance.now() - startMs) / 1000;
    const cpuMicrosPerJob = ((cpuMsSoFar() - cpuBefore) * 1000) / jobs;
    if (done !== jobs) throw new Error(`${done} of ${jobs} jobs ran`);
    return { jobsPerSecond: jobs / seconds, cpuMicrosPerJob, processesUsed: pids.size };
  } finally {
    await pool.destroy();
  }
};
