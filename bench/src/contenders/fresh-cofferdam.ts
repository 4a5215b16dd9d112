import { enqueueJobs, jobFile, settledJobs, withRuntime } from "../harness/cofferdam.ts";
import { cpuMsSoFar } from "../harness/cpu-time.ts";

export interface FreshParams {
  readonly scratch: string;
  readonly jobs: number;
  readonly concurrency: number;
}

/** `isolation: "process"`: a fresh process for every attempt, with everything around it. */
export default ({ scratch, jobs, concurrency }: FreshParams) =>
  withRuntime(scratch, { jobs: [jobFile("no-op-fresh")], lanes: { default: { concurrency } } }, async (runtime) => {
    const { control } = runtime;
    const warm = settledJobs(runtime, 2 * concurrency + 2);
    await enqueueJobs(runtime, "no-op-fresh", 2 * concurrency + 2);
    await warm;
    await control.pauseLane("default", "dispatch", { reason: "filling the queue", untilMs: null });
    await enqueueJobs(runtime, "no-op-fresh", jobs);
    const pids = new Set<string>();
    runtime.onEvent((event) => {
      if (event.kind === "attempt.started") pids.add(event.workerId);
    });
    const done = settledJobs(runtime, jobs);
    const cpuBefore = cpuMsSoFar();
    const startMs = performance.now();
    await control.resumeLane("default", "dispatch");
    await done;
    const wallMs = performance.now() - startMs;
    const cpuMsPerJob = (cpuMsSoFar() - cpuBefore) / jobs;
    if (pids.size !== jobs) throw new Error(`${jobs} jobs ran in ${pids.size} processes`);
    return { msPerJob: wallMs / jobs, cpuMsPerJob };
  });
