import { enqueueJobs, jobFile, settledJobs, withRuntime } from "../harness/cofferdam.ts";
import { cpuMsSoFar } from "../harness/cpu-time.ts";

export interface DrainParams {
  readonly scratch: string;
  readonly jobs: number;
  readonly processes: number;
  readonly server: string;
}

/** Every attempt in a separate warm process with its budgets, census, verdict and settled row; all of it on by default. */
export default ({ scratch, jobs, processes }: DrainParams) =>
  withRuntime(scratch, { jobs: [jobFile("no-op")], lanes: { default: { concurrency: processes } } }, async (runtime) => {
    const { control } = runtime;
    const workers = new Set<string>();
    let workersAtOnceMax = 0;
    runtime.onEvent((event) => {
      if (event.kind === "worker.started") workersAtOnceMax = Math.max(workersAtOnceMax, control.workers().length);
    });
    const warmUp = 200 * processes;
    const warm = settledJobs(runtime, warmUp);
    await enqueueJobs(runtime, "no-op", warmUp);
    await warm;

    await control.pauseLane("default", "dispatch", { reason: "filling the queue", untilMs: null });
    await enqueueJobs(runtime, "no-op", jobs);
    runtime.onEvent((event) => {
      if (event.kind === "attempt.started") workers.add(event.workerId);
    });
    const drained = settledJobs(runtime, jobs);
    const cpuBefore = cpuMsSoFar();
    const startMs = performance.now();
    await control.resumeLane("default", "dispatch");
    await drained;
    const seconds = (performance.now() - startMs) / 1000;
    const cpuMicrosPerJob = ((cpuMsSoFar() - cpuBefore) * 1000) / jobs;

    const succeeded = await control.countJobs({ states: ["succeeded"] }, 10_000_000);
    if (succeeded !== jobs + warmUp) throw new Error(`${succeeded} of ${jobs + warmUp} jobs are stored as succeeded`);
    if (workers.size < processes) throw new Error(`${workers.size} processes took part instead of ${processes}`);
    return { jobsPerSecond: jobs / seconds, cpuMicrosPerJob, processesUsed: workers.size, workersAtOnceMax };
  });
